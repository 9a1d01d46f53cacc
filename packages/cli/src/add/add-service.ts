import { dirname, join } from 'node:path'

import { addTest } from './add-test.ts'
import { addToApp, namesIn, servicesFolder } from './app-config.ts'
import { checkServiceName, contractNameOf } from './names.ts'
import type { Project } from './project.ts'
import type { ServiceFiles } from './service-files.ts'
import { contractText, serviceText } from './texts/service-texts.ts'
import { startTest } from './texts/test-texts.ts'

/** A service with an empty contract, and its line in the config. */
export function addService(project: Project, config: string, name: string): ServiceFiles {
  const service = createService(project, config, name)
  addTest(project, config, { service, about: 'start', text: startTest(name) })
  return service
}

/** The same without a test. */
export function createService(project: Project, config: string, name: string): ServiceFiles {
  const source = project.read(config)
  checkServiceName(name, namesIn(source))
  const folder = join(servicesFolder(source), name)
  const [contractPath, servicePath] = [join(folder, 'contract.ts'), join(folder, 'service.ts')]
  const contractName = contractNameOf(name)
  project.create(contractPath, contractText(name, contractName))
  project.create(servicePath, serviceText(contractName))
  addToApp(project, config, { name, module: servicePath })
  return { name, folder: dirname(servicePath), servicePath, contractPath, contractName }
}
