import { type Observer, type Operation, type Platform, ServiceError } from '@holon/contract'

import type { Call } from '../call/call.ts'
import type { OperationCodecs } from '../codec/operation-codecs.ts'
import { formatAddress, type Network } from '../network/network.ts'
import type { LinkClient, LinkIdentity } from './link-client.ts'
import { PeerConnection } from './peer-connection.ts'
import type { PeerListing } from './peer.ts'

/** A call waits at most this long for a link to a service that cannot be reached just now (it may be restarting). */
const waitForLinkMs = 5_000

export interface RouterOptions {
  readonly identity: LinkIdentity
  readonly codecs: OperationCodecs
  readonly network: Network
  readonly platform: Platform
  readonly observer: Observer
}

/** Knows the other instances, keeps links to those that run a used service, and chooses one for each call. */
export class Router {
  readonly #options: RouterOptions
  #connections: readonly PeerConnection[] = []
  /** The connections to instances that run a service. */
  #byService = new Map<string, readonly PeerConnection[]>()
  readonly #waiting = new Set<() => void>()
  readonly #used: ReadonlySet<string>
  #closed = false

  constructor(options: RouterOptions) {
    this.#options = options
    this.#used = new Set(options.identity.callers.flatMap(({ uses }) => uses))
  }

  /** Replaces what is known of other instances. Links to instances that stay are kept. */
  setPeers(peers: readonly PeerListing[]): void {
    if (this.#closed) return
    const kept = new Map(this.#connections.map((connection) => [keyOf(connection.listing), connection]))
    const wanted = peers.filter(
      ({ draining, services }) => draining !== true && services.some(({ name }) => this.#used.has(name)),
    )
    this.#connections = wanted.map(
      (listing) =>
        kept.get(keyOf(listing)) ?? new PeerConnection({ ...this.#options, listing, onChange: () => this.#wake() }),
    )
    for (const connection of this.#connections) {
      kept.delete(keyOf(connection.listing))
      connection.connect()
    }
    this.#byService = new Map(
      [...this.#used].map((service) => [
        service,
        this.#connections.filter(({ listing }) => listing.services.some(({ name }) => name === service)),
      ]),
    )
    for (const connection of kept.values()) connection.close(true)
    this.#wake()
  }

  /** Whether some instance that runs `service` can be called now. */
  reaches(service: string): boolean {
    return this.#candidates(service).some(({ link }) => link !== undefined)
  }

  /** The link with the fewest calls in flight to an instance that runs the service, if one is open. */
  pick(operation: Operation): LinkClient | undefined {
    let best: LinkClient | undefined
    for (const { link } of this.#candidates(operation.service)) {
      // Back-pressure of the connection reaches the caller: the call waits until it has drained.
      if (link === undefined || link.congested) continue
      const better =
        best === undefined || (link.offers(operation) && (!best.offers(operation) || link.inFlight < best.inFlight))
      if (better) best = link
    }
    return best
  }

  /** Waits for a link, within the call's deadline and {@link waitForLinkMs}. Rejects with `unavailable`. */
  waitForLink(operation: Operation, call: Call): Promise<LinkClient> {
    return new Promise((resolve, reject) => {
      const over = (): void => {
        timer.cancel()
        call.signal.removeEventListener('abort', abort)
        this.#waiting.delete(look)
      }
      const look = (): void => {
        const link = this.pick(operation)
        if (link === undefined && !this.#closed) return
        over()
        if (link) resolve(link)
        else reject(unreachable(operation))
      }
      const timer = this.#options.platform.setTimer(() => {
        over()
        reject(unreachable(operation))
      }, waitForLinkMs)
      const abort = (): void => {
        over()
        const { code, message } = call.reason ?? {
          code: 'cancelled' as const,
          message: `${operation.id} was cancelled.`,
        }
        // Nothing was sent, so nothing can have run.
        reject(new ServiceError(code, message, { mayHaveRun: false }))
      }
      if (call.reason) return abort()
      call.signal.addEventListener('abort', abort, { once: true })
      this.#waiting.add(look)
      look()
    })
  }

  /** Closes all links; calls in flight fail. */
  close(): void {
    this.#closed = true
    for (const connection of this.#connections) connection.close(false)
    this.#connections = []
    this.#byService.clear()
    this.#wake()
  }

  #candidates(service: string): readonly PeerConnection[] {
    return this.#byService.get(service) ?? []
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look()
  }
}

/** An instance whose address or services changed is another one for its callers. */
function keyOf({ instance, address, services }: PeerListing): string {
  return [instance, formatAddress(address), ...services.map(({ name }) => name)].join(' ')
}

function unreachable(operation: Operation): ServiceError {
  return new ServiceError('unavailable', `No instance of ${operation.service} can be reached for ${operation.id}.`, {
    mayHaveRun: false,
  })
}
