import type { BusMessage, Delivery } from '../bus.ts'

export interface LaneOptions {
  /** How many messages may be on loan. */
  readonly window: number
  readonly paused: boolean
  /** Positions up to this one have been delivered before. */
  readonly seen: number
  readonly deliver: (delivery: Delivery) => void
  /** {@link Lane.done} has changed. */
  readonly onProgress: () => void
}

/** A message read from a partition. */
export interface Taken {
  /** Its place in the partition; ascending, not necessarily without gaps. */
  readonly position: number
  readonly message: BusMessage
  /** Called once the message is acknowledged, unless the lane is revoked before. */
  readonly settled?: () => void
}

/**
 * One partition of a topic while this member has it. Lends messages in order within the window, takes
 * acknowledgements in any order, and knows up to where everything is dealt with, which is what a bus stores.
 * A lane ends when it is revoked; whoever has the partition next makes a new one.
 */
export class Lane {
  readonly #options: LaneOptions
  readonly #revocation = new AbortController()
  /** Positions read and not acknowledged, ascending (a Map keeps the order of insertion). */
  readonly #open = new Map<number, Taken>()
  #waiting: Taken[] = []
  #onLoan = 0
  #paused: boolean
  #last: number | undefined
  #ahead = 0
  readonly #idle: (() => void)[] = []
  readonly #roomy: (() => void)[] = []

  constructor(options: LaneOptions) {
    this.#options = options
    this.#paused = options.paused
  }

  get revoked(): boolean {
    return this.#revocation.signal.aborted
  }

  /** The last position up to which everything is dealt with; undefined before anything is. */
  get done(): number | undefined {
    const [first] = this.#open.keys()
    return first === undefined ? this.#last : first - 1
  }

  /** The last position read. */
  get last(): number | undefined {
    return this.#last
  }

  /** How many messages after {@link done} are acknowledged already. */
  get ahead(): number {
    return this.#open.size === 0 ? 0 : this.#ahead
  }

  /** Messages read and not acknowledged. */
  get open(): number {
    return this.#open.size
  }

  /** Messages read and not lent. */
  get backlog(): number {
    return this.#waiting.length
  }

  /** Takes the next message that was read. */
  take(taken: Taken): void {
    if (this.revoked) return
    this.#last = taken.position
    this.#open.set(taken.position, taken)
    this.#waiting.push(taken)
    this.#lend()
  }

  /** Passes over a position that holds nothing to deliver. */
  skip(position: number): void {
    if (this.revoked) return
    this.#last = position
    this.#options.onProgress()
  }

  setPaused(paused: boolean): void {
    this.#paused = paused
    this.#lend()
  }

  /** Resolves once no more than `count` messages wait to be lent, or the lane is revoked. */
  backlogBelow(count: number): Promise<void> | undefined {
    if (this.#waiting.length < count || this.revoked) return undefined
    return new Promise((resolve) => {
      this.#roomy.push(() => (this.#waiting.length < count || this.revoked ? (resolve(), true) : false))
    })
  }

  /** Lends nothing more and resolves once nothing is on loan, or the lane is revoked. */
  drained(): Promise<void> {
    this.#paused = true
    if (this.#onLoan === 0 || this.revoked) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Takes back what is on loan. Acknowledging it has no effect any more. */
  revoke(): void {
    if (this.revoked) return
    this.#waiting = []
    this.#revocation.abort()
    this.#wake()
  }

  #lend(): void {
    const { window, deliver, seen } = this.#options
    let lent = 0
    while (!this.#paused && this.#onLoan < window && lent < this.#waiting.length) {
      const taken = this.#waiting[lent]
      if (taken === undefined) break
      lent += 1
      this.#onLoan += 1
      const { position, message } = taken
      const ack = (): void => this.#ack(taken)
      deliver({ message, redelivered: position <= seen, revoked: this.#revocation.signal, ack })
      if (this.revoked) return
    }
    if (lent > 0) this.#waiting.splice(0, lent)
    this.#wake()
  }
}
