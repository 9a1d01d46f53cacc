import type { ServiceDefinition } from '@holon/app'
import { type ContractEvent, ServiceError } from '@holon/contract'
import type { FollowedEvent, Followers } from '@holon/events'
import type { Call } from '@holon/rpc'

import { usesBus } from './event-use.ts'

/** `ctx.follow`: see {@link ServiceScope}. */
export type Follow = <E extends ContractEvent>(
  events: E | readonly E[],
  options?: { readonly key?: string },
) => Promise<AsyncGenerator<FollowedEvent<E>, void, void>>

/** Makes `ctx.follow` for a call, whose end ends what it follows; undefined: for the service itself. */
export type Following = (call: Call | undefined) => Follow

/** `followers`: those of the instance, from when it is connected to the bus. */
export function followingIn(definition: ServiceDefinition, followers: () => Followers | undefined): Following {
  return (call) =>
    async (events, options = {}) => {
      const found = followers()
      // The same in every placement, also where another service here is connected.
      if (!usesBus(definition) || found === undefined) throw notConnected(definition)
      return found.follow(events, { ...options, signal: call?.signal })
    }
}

function notConnected({ contract }: ServiceDefinition): ServiceError {
  const message = `'${contract.name}' cannot follow events: it has no connection to the bus, as it neither declares events nor subscribes to any. Follow them in a service that does.`
  return new ServiceError('failed_precondition', message)
}
