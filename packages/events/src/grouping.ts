import type { Platform, Timer } from '@holon/contract'

export interface GroupingOptions {
  readonly platform: Platform
  /** How many transactions there may be at a time. */
  readonly concurrency: number
  /** Whether several messages can share one. */
  readonly canShare: boolean
  /** What waited for company has waited long enough. */
  readonly onPatienceOver: () => void
}

/** At most so many messages are handled in one transaction, and only as many as take about {@link groupMs} together. */
const largestGroup = 32
const groupMs = 100
/**
 * While so many transactions are under way, what comes waits until one is over, until there is enough for one that takes
 * {@link gatheringMs}, or for that time. Otherwise each message would have one of its own as long as there are slots, which
 * costs several times as much and keeps whoever publishes from going on.
 */
const gatheringSlots = 4
const gatheringMs = 25
/** How much the newest try counts in the average of what a message costs. */
const newestWeight = 0.2

/** How many messages of a subscription share a transaction, and when the next one begins. */
export class Grouping {
  readonly #options: GroupingOptions
  /**
   * What a handler takes, on average: what one more in a group adds to it. How soon a message is done with says nothing of
   * that, as it grows with the number of slots in use, and would keep groups small just where there is most to do. Begins so
   * that the first ones are handled alone.
   */
  #costMs = groupMs
  #patience: Timer | undefined
  #isPatienceOver = false

  constructor(options: GroupingOptions) {
    this.#options = options
  }

  /** A handler has taken so long. */
  learn(ms: number): void {
    this.#costMs += (ms - this.#costMs) * newestWeight
  }

  /** How many of the messages that are ready go into the next transaction. 0: they wait. */
  next(ready: number, running: number): number {
    const { concurrency } = this.#options
    const quick = this.#affordable(gatheringMs)
    if (ready < quick && running >= gatheringSlots && this.#gathers()) return 0
    this.#patience?.cancel()
    this.#patience = undefined
    this.#isPatienceOver = false
    const slots = quick > 1 ? Math.min(gatheringSlots, concurrency) : concurrency
    // As many as it takes to give every free slot its share.
    const share = Math.ceil(ready / Math.max(1, slots - running))
    return Math.min(this.#affordable(groupMs), share)
  }

  /** How many messages one transaction may have that is to take so long. */
  #affordable(ms: number): number {
    if (!this.#options.canShare) return 1
    return Math.max(1, Math.min(largestGroup, Math.floor(ms / this.#costMs)))
  }

  /** Begins to wait, or goes on: not for ever, since those that are under way may be slow ones. */
  #gathers(): boolean {
    const { platform, onPatienceOver } = this.#options
    this.#patience ??= platform.setTimer(() => {
      this.#isPatienceOver = true
      onPatienceOver()
    }, gatheringMs)
    return !this.#isPatienceOver
  }
}
