import type { AppDefinition, ServiceDefinition } from '@holon/app'
import { messageOf } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { loadModule } from '@holon/runtime/load-module'

import { AppFailure } from './setting-failure.ts'

/** Loads the modules of the named services. Starts nothing. Names every one that cannot be loaded. */
export async function loadDefinitions(
  app: AppDefinition,
  names: readonly string[] = Object.keys(app.services),
): Promise<ReadonlyMap<string, ServiceDefinition>> {
  const definitions = new Map<string, ServiceDefinition>()
  const problems: string[] = []
  for (const name of names) {
    try {
      const load = app.services[name]
      const definition = load && (await loadModule(load, systemPlatform())).default
      if (definition?.contract === undefined) problems.push(`'${name}' has no service as its default export.`)
      else definitions.set(name, definition)
    } catch (error) {
      problems.push(`'${name}' cannot be loaded: ${messageOf(error)}`)
    }
  }
  if (problems.length > 0) throw new AppFailure(problems.join('\n'))
  return definitions
}
