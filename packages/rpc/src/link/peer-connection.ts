import {
  type Backoff,
  backoffMs,
  isInstance,
  messageOf,
  type Observer,
  type Platform,
  type Timer,
} from '@holon/contract'

import type { OperationCodecs } from '../codec/operation-codecs.ts'
import { formatAddress, type Network } from '../network/network.ts'
import { ProtocolViolation } from '../wire/frames.ts'
import { LinkClient, type LinkIdentity } from './link-client.ts'
import type { PeerListing } from './peer.ts'

const connectTimeoutMs = 5_000
/** The longest not lower, or a peer that is down for long is dialled in a storm; not higher, or its return is noticed late. */
const diallingAgain: Backoff = { firstMs: 50, longestMs: 2_000 }
/** A link that lasted so long was no failure. A shorter one was: a peer that breaks each link at once is not dialled in a storm. */
const steadyMs = 5_000

const tellAgainMs = 60_000

export interface PeerConnectionOptions {
  readonly listing: PeerListing
  readonly identity: LinkIdentity
  readonly codecs: OperationCodecs
  readonly network: Network
  readonly platform: Platform
  readonly observer: Observer
  /** A link opened, closed, or drains: who waits for a link should look again. */
  onChange(): void
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open'; readonly link: LinkClient }
  | { readonly kind: 'backoff'; readonly timer: Timer }
  | { readonly kind: 'closed' }

/**
 * Keeps one link to one peer.
 *
 *     idle → connecting → open → backoff → connecting …
 *     any → closed (the peer left the list, or this instance stops)
 *
 * connecting → backoff: refused, timed out, or the handshake failed. open → backoff: the link was lost.
 */
export class PeerConnection {
  readonly listing: PeerListing
  readonly #options: PeerConnectionOptions
  #state: State = { kind: 'idle' }
  #failures = 0
  #openedAtMs = 0
  #dialling: LinkClient | undefined
  /** Why it could not be reached when that was told last, and when. */
  #toldReason: string | undefined
  #toldAtMs = -Infinity

  constructor(options: PeerConnectionOptions) {
    this.listing = options.listing
    this.#options = options
  }

  /** The link, when calls can be sent over it. */
  get link(): LinkClient | undefined {
    return this.#state.kind === 'open' && this.#state.link.open ? this.#state.link : undefined
  }

  /** Begins to connect, unless it does already or waits for its next try. */
  connect(): void {
    if (this.#state.kind !== 'idle') return
    this.#transition({ kind: 'connecting' })
    const { network, listing } = this.#options
    network.connect(listing.address, connectTimeoutMs).then(
      (stream) => {
        if (this.#state.kind !== 'connecting') return stream.destroy()
        const client: LinkClient = new LinkClient({
          stream,
          codecs: this.#options.codecs,
          platform: this.#options.platform,
          identity: this.#options.identity,
          onOpen: (link) => this.#opened(link),
          onDrain: () => this.#options.onChange(),
          onGoAway: () => this.#options.onChange(),
          onClosed: (_link, error) => this.#lost(error),
        })
        this.#dialling = client
      },
      (error: unknown) => this.#lost(isInstance(error, Error) ? error : new Error(messageOf(error))),
    )
  }

  /** Ends the link; calls in flight over it may finish first when `gracefully`. */
  close(gracefully: boolean): void {
    const state = this.#state
    this.#transition({ kind: 'closed' })
    if (state.kind === 'open') state.link.closeWhenIdle(gracefully)
    else this.#dialling?.close()
    if (state.kind === 'backoff') state.timer.cancel()
  }

  #opened(link: LinkClient): void {
    if (this.#state.kind !== 'connecting') return link.close()
    this.#openedAtMs = this.#options.platform.monotonicMs()
    this.#transition({ kind: 'open', link })
    this.#tell('open', undefined)
  }

  #lost(error: Error | undefined): void {
    if (this.#state.kind === 'closed') return
    const wasOpen = this.#state.kind === 'open'
    this.#tell(wasOpen ? (error instanceof ProtocolViolation ? 'violated' : 'closed') : 'refused', error?.message)
    if (wasOpen && this.#options.platform.monotonicMs() - this.#openedAtMs >= steadyMs) this.#failures = 0
    this.#failures += 1
    const { platform } = this.#options
    const timer = platform
      .setTimer(
        () => {
          this.#transition({ kind: 'idle' })
          this.connect()
        },
        backoffMs(platform, this.#failures, diallingAgain),
      )
      .unref()
    this.#transition({ kind: 'backoff', timer })
  }

  #transition(state: State): void {
    this.#state = state
    this.#options.onChange()
  }

  /** A peer that cannot be reached, again and again for the same reason, is told of now and then. */
  #tell(state: 'open' | 'closed' | 'refused' | 'violated', reason: string | undefined): void {
    const { listing, observer, platform } = this.#options
    const nowMs = platform.monotonicMs()
    if (state === 'refused' && reason === this.#toldReason && nowMs - this.#toldAtMs < tellAgainMs) return
    this.#toldReason = state === 'refused' ? reason : undefined
    this.#toldAtMs = nowMs
    observer.observe({ kind: 'link', state, peer: `${listing.instance} (${formatAddress(listing.address)})`, reason })
  }
}
