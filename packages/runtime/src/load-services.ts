import { type AppDefinition, eventListing, unknownEvents, readConfig, type ServiceDefinition } from '@holon/app'
import { DefinitionError, isInstance, type Platform, stackOf } from '@holon/contract'

import { LoadFailure, loadModule } from './load-module.ts'

/** A service's module, loaded, with its configuration. */
export interface LoadedService {
  readonly name: string
  readonly definition: ServiceDefinition
  readonly config: unknown
}

export interface LoadParts {
  readonly app: AppDefinition
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly platform: Platform
}

/**
 * Loads the modules of the named services, and no others, and reads their configuration. In an order in which a service
 * comes after those it uses, where that is possible.
 *
 * @throws DefinitionError with the mistakes of all of them.
 */
export async function loadServices(parts: LoadParts, names: readonly string[]): Promise<readonly LoadedService[]> {
  const { app } = parts
  const problems: string[] = []
  const report = (problem: string): void => void problems.push(problem)
  const loaded = await Promise.all(names.map((name) => loadService(name, { ...parts, report })))
  const services = loaded.filter((service) => service !== undefined)
  const listings = services.flatMap(({ name, definition }) => eventListing(name, definition) ?? [])
  problems.push(...unknownEvents(listings, new Set(services.map(({ name }) => name))))
  if (problems.length > 0) throw new DefinitionError(`App '${app.name}'`, problems)
  return inOrderOfUse(services)
}

interface ServiceLoading extends LoadParts {
  readonly report: (problem: string) => void
}

async function loadService(name: string, loading: ServiceLoading): Promise<LoadedService | undefined> {
  const { app, environment, platform, report } = loading
  const load = Object.hasOwn(app.services, name) ? app.services[name] : undefined
  if (load === undefined) {
    report(`there is no service '${name}' (there are ${Object.keys(app.services).join(', ')})`)
    return undefined
  }
  let definition: ServiceDefinition | undefined
  try {
    definition = (await loadModule(load, platform)).default
  } catch (error) {
    report(`service '${name}' cannot be loaded: ${told(error)}`)
    return undefined
  }
  if (definition?.contract === undefined) {
    report(`service '${name}': its module's default export is not made with defineService()`)
    return undefined
  }
  const { contract, uses } = definition
  if (contract.name !== name)
    report(`service '${name}' implements the contract '${contract.name}'; the names must be equal`)
  for (const used of Object.values(uses)) {
    if (!Object.hasOwn(app.services, used.name))
      report(`service '${name}' uses '${used.name}', which is not among the app's services`)
  }
  for (const { event } of definition.subscriptions) {
    if (app.bus.kind === 'embedded' && !Object.hasOwn(app.services, event.service))
      report(
        `service '${name}' subscribes to '${event.id}', but '${event.service}' is not among the app's services, and no other app shares the embedded bus`,
      )
  }
  return { name, definition, config: await readConfig(name, definition.config, environment, report) }
}

function told(error: unknown): string {
  return isInstance(error, LoadFailure) ? error.message : stackOf(error)
}

function inOrderOfUse(services: readonly LoadedService[]): readonly LoadedService[] {
  const ordered: LoadedService[] = []
  const visited = new Set<string>()
  const visit = (service: LoadedService): void => {
    if (visited.has(service.name)) return
    visited.add(service.name)
    for (const used of Object.values(service.definition.uses)) {
      const other = services.find(({ name }) => name === used.name)
      if (other) visit(other)
    }
    ordered.push(service)
  }
  services.forEach(visit)
  return ordered
}
