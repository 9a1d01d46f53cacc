import { gatewayName } from '@holon/app'
import { gatewayUses } from '@holon/gateway/definition'
import type { CallerListing } from '@holon/rpc'

import type { InstanceOptions } from './instance.ts'
import type { LoadedService } from './load-services.ts'

/** Who calls from this process, and which services it may call. */
export interface InstanceCaller extends CallerListing {
  /** The instance counts as ready although what this one may call cannot be reached. Default false. */
  readonly canWait?: boolean
}

export function callersOf(options: InstanceOptions, loaded: readonly LoadedService[]): readonly InstanceCaller[] {
  const services = loaded.map(({ name, definition }) => ({ name, uses: usedNames(definition.uses) }))
  return [...(options.callers ?? []), ...gatewayCaller(options), ...services]
}

function gatewayCaller({ app, services }: InstanceOptions): readonly InstanceCaller[] {
  if (app.gateway === undefined || !services.includes(gatewayName)) return []
  return [{ name: gatewayName, uses: gatewayUses(app.gateway), role: 'gateway' }]
}

export function usedNames(uses: LoadedService['definition']['uses']): readonly string[] {
  return [...new Set(Object.values(uses).map(({ name }) => name))]
}
