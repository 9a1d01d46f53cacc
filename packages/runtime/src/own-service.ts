import type { AppDefinition, ServiceDefinition } from '@holon/app'

import type { InstanceOptions } from './instance.ts'
import type { LoadedService } from './load-services.ts'

/** A service that Holon itself brings, which an app has without naming it. */
export interface OwnService {
  /** Reserved: no service of an app has it. */
  readonly name: string
  /** Whether a service of this app needs it. */
  isUsedBy(service: ServiceDefinition, app: AppDefinition): boolean
  /** Its implementation, for the instance that runs it. */
  definition(options: InstanceOptions): Promise<ServiceDefinition>
}

/** Where the services of an instance find one of Holon's own. */
export type OwnPlace =
  /** One more service of this instance. */
  | 'here'
  /** In another instance, reached by its links. */
  | 'elsewhere'
  | 'unused'

/** Asks, at most once, where a service of Holon's own runs; there is one for the whole app. */
export async function placeOwn(
  own: OwnService,
  options: InstanceOptions,
  services: readonly LoadedService[],
): Promise<OwnPlace> {
  if (options.services.includes(own.name)) return 'here'
  if (!services.some(({ definition }) => own.isUsedBy(definition, options.app))) return 'unused'
  return (await options.placeOwn?.(own.name)) ?? 'here'
}

/** It as a loaded service. */
export async function loadedOwn(own: OwnService, options: InstanceOptions): Promise<LoadedService> {
  return { name: own.name, definition: await own.definition(options), config: undefined }
}
