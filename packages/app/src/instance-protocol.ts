import type { Address, PeerListing, ServiceListing } from '@holon/rpc'

import type { EventListing } from './event-listing.ts'
import type { StartWait } from './start-circle.ts'

/**
 * What an instance (a child process) and its supervisor tell each other, as JSON over the child's IPC channel. When the
 * channel closes, the supervisor is gone and the instance stops.
 */
export type ToSupervisor =
  /** Asks for what a service's store connects to; answered by `provisioned`. */
  | { readonly kind: 'provision'; readonly request: number; readonly service: string; readonly store: string }
  /** Asks where the embedded bus runs; answered by `bus-placed`: with `elsewhere` only once it runs there. */
  | { readonly kind: 'place-bus' }
  /** Services are started and the link listens; the gateway (if here) listens on `gatewayUrl`. */
  | {
      readonly kind: 'ready'
      readonly address: Address
      readonly services: readonly ServiceListing[]
      readonly events: readonly EventListing[]
      readonly gatewayUrl: string | undefined
    }
  /** A step of the start begins that may take this long: the supervisor has patience. */
  | { readonly kind: 'step'; readonly limitMs: number }
  /** Which services here wait, in their start hooks, for which others; replaces what was told before. */
  | { readonly kind: 'waits'; readonly waits: readonly StartWait[] }
  /** It cannot start; the process exits with code 1 after this. `permanent`: starting again would fail the same way. */
  | { readonly kind: 'failed'; readonly message: string; readonly permanent: boolean }
  /** Answers `alive`. `debugged`: its inspector is open, so that somebody may hold it. */
  | { readonly kind: 'alive'; readonly debugged: boolean }
  /** It has finished its calls and is about to exit. */
  | { readonly kind: 'stopped' }

export type ToInstance =
  /**
   * The first message, before any of the user's code is loaded. `linkSecret` is shared by the instances of this app's
   * run; a peer that does not know it is refused. Base64url. It never stands in the environment, where every library
   * and every child process would find it.
   */
  | { readonly kind: 'secret'; readonly linkSecret: string }
  | { readonly kind: 'provisioned'; readonly request: number; readonly connection?: string; readonly error?: string }
  | { readonly kind: 'bus-placed'; readonly at?: 'here' | 'elsewhere'; readonly error?: string }
  /** The other instances, whenever that changes. Never lists the receiver itself. */
  | { readonly kind: 'peers'; readonly peers: readonly PeerListing[] }
  /** These services wait for each other in their start hooks, the last of them for the first. */
  | { readonly kind: 'circle'; readonly services: readonly string[] }
  /** Asks whether it lives: to be answered at once. */
  | { readonly kind: 'alive' }
  /** Stop accepting, finish what runs within `graceMs`, then exit. */
  | { readonly kind: 'stop'; readonly graceMs: number }

/**
 * An instance puts a function under this name among its process's global symbols (`Symbol.for`): it returns the calls that
 * run there, in words. The supervisor calls it through the inspector when the process does not answer any more.
 */
export const runningCallsKey = 'holon.running-calls'

/** What an instance is told in its environment (as JSON in `HOLON_INSTANCE`) when a supervisor starts it. */
export interface InstanceAssignment {
  /** Unique for this start. */
  readonly instance: string
  /** The copy of the group, the same after a restart. */
  readonly replica: string
  readonly group: string
  /** The services to run here; `gateway` among them means the gateway too. */
  readonly services: readonly string[]
  /** Where its link listens. */
  readonly listen: Address
  /** Port of the gateway, if it runs here. */
  readonly gatewayPort: number | undefined
}
