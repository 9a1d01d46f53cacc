import type { Address } from '../network/network.ts'

/** What is known of one service on a running instance. */
export interface ServiceListing {
  readonly name: string
  readonly fingerprint: string
  /** The services it declares to call. */
  readonly uses: readonly string[]
}

/** A running instance as the registry lists it. */
export interface PeerListing {
  /** Unique for each start of an instance, for instance `orders-1-k3x9`. */
  readonly instance: string
  readonly address: Address
  readonly services: readonly ServiceListing[]
  /** While draining an instance finishes what it has and gets no new calls. */
  readonly draining?: boolean
}
