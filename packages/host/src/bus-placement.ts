import { type AppDefinition, busName, groupsOf } from '@holon/app'
import type { PeerListing } from '@holon/rpc'

import { AppFailure } from './setting-failure.ts'

/**
 * Where the embedded bus runs for a group that no supervisor has started: nobody makes sure then that there is one, and no
 * more.
 *
 * @throws AppFailure where that cannot be known.
 */
export function placeBusAlone(app: AppDefinition, peers: readonly PeerListing[]): 'here' | 'elsewhere' {
  if (peers.some((peer) => peer.services.some(({ name }) => name === busName))) return 'elsewhere'
  const [only, ...others] = groupsOf(app)
  if (others.length === 0 && only?.replicas === 1) return 'here'
  throw new AppFailure(
    `'${app.name}' uses the embedded bus, and no peer in HOLON_PEERS serves it. Run it once with --services ${busName} and name that instance in HOLON_PEERS, or choose a bus in holon.config.ts that runs by itself (nats, rabbitmq, kafka).`,
  )
}
