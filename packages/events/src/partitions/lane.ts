import type { BusMessage, Delivery } from '../bus.ts'
import { lookAhead } from '../key-share.ts'
import { KeyLoans } from './key-loans.ts'

export interface LaneOptions {
  /** How many messages may be on loan. */
  readonly window: number
  readonly paused: boolean
  /** Positions up to this one may have been delivered before. */
  readonly seen: number
  readonly deliver: (delivery: Delivery) => void
  /** {@link Lane.done} may have changed. */
  readonly onProgress: () => void
}

/** A message read from a partition. */
export interface Taken {
  /** Its place in the partition; ascending, not necessarily without gaps. */
  readonly position: number
  readonly message: BusMessage
  /** Called when the lane is ready for one more message. */
  readonly settled?: () => void
}

interface Entry {
  readonly position: number
  readonly key: string
  readonly characters: number
  /** Until it was called. */
  settled: (() => void) | undefined
  /** Until it is lent. */
  message: BusMessage | undefined
  acked: boolean
}

/**
 * How many messages of a lane may be such as were delivered before. On loan are no more than the window; what was
 * acknowledged since the position was stored, a tenth of a second ago, comes before them.
 */
const mostAgain = 1_000

/**
 * One partition of a topic while this member has it: lends the messages of each key in order within the window, takes
 * acknowledgements in any order, and knows up to where everything is dealt with, which is what a bus stores. A lane ends
 * when it is revoked; whoever has the partition next makes a new one.
 *
 * - L1: `entries` holds everything read from the first message that is not acknowledged on, in order.
 * - L2: what waits is a suffix of `entries`. Before it, what is not acknowledged is on loan, or parked behind messages of
 *   its key that are ({@link KeyLoans}).
 * - L3: a key that does not go on holds up no other before {@link lookAhead} is used up.
 */
export class Lane {
  readonly #options: LaneOptions
  readonly #revocation = new AbortController()
  /** By position; a Map keeps the order of insertion. */
  readonly #entries = new Map<number, Entry>()
  readonly #loans: KeyLoans<Entry>
  #waiting: Entry[] = []
  #unsettled: (() => void)[] = []
  #waiters: (() => boolean)[] = []
  /** In the bodies of messages that are not acknowledged. */
  #characters = 0
  #lent: number | undefined
  #again = 0
  #paused: boolean
  #lending = false
  #last: number | undefined

  constructor(options: LaneOptions) {
    this.#options = options
    this.#loans = new KeyLoans(options.window)
    this.#paused = options.paused
  }

  get revoked(): boolean {
    return this.#revocation.signal.aborted
  }

  /** Everything up to this position is dealt with; undefined while nothing was read. */
  get done(): number | undefined {
    const [first] = this.#entries.keys()
    return first === undefined ? this.#last : first - 1
  }

  /** The last position read. */
  get last(): number | undefined {
    return this.#last
  }

  /** The last position lent. */
  get lent(): number | undefined {
    return this.#lent
  }

  /** How many messages after {@link done} are acknowledged already. */
  get ahead(): number {
    return this.#entries.size - this.open
  }

  /** Messages read and not acknowledged. */
  get open(): number {
    return this.#loans.onLoan + this.#loans.parked + this.#waiting.length
  }

  /** Whether there is no use in reading more now. */
  get full(): boolean {
    return this.#waiting.length >= this.#options.window || this.#isFarAhead
  }

  /** Takes the next message that was read. */
  take({ position, message, settled }: Taken): void {
    if (this.revoked) return
    const characters = message.body.length
    const entry: Entry = { position, key: message.key, characters, settled, message, acked: false }
    this.#last = position
    this.#characters += characters
    this.#entries.set(position, entry)
    this.#waiting.push(entry)
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

  /** Resolves once there is use in reading more, or the lane is revoked. */
  room(): Promise<void> {
    return this.#until(() => !this.full)
  }

  /** Lends nothing more, and resolves once nothing is on loan or the lane is revoked. */
  drained(): Promise<void> {
    this.#paused = true
    return this.#until(() => this.#loans.onLoan === 0)
  }

  /** Takes back what is on loan. Acknowledging it has no effect any more. */
  revoke(): void {
    if (this.revoked) return
    this.#revocation.abort()
    this.#waiting = []
    this.#wake()
  }

  get #isFarAhead(): boolean {
    return this.#entries.size >= lookAhead.messages || this.#characters >= lookAhead.characters
  }

  #lend(): void {
    // A receiver that acknowledges at once comes back here while the loop below still runs.
    if (this.#lending) return
    this.#lending = true
    let taken = 0
    while (!this.#paused && !this.revoked && this.#loans.hasRoom) {
      const unparked = this.#loans.unpark()
      const entry = unparked ?? this.#waiting[taken]
      if (entry === undefined) break
      if (unparked === undefined) {
        taken += 1
        if (!this.#loans.admit(entry)) {
          this.#settle(entry)
          continue
        }
      }
      this.#handOut(entry)
    }
    this.#waiting.splice(0, taken)
    this.#lending = false
    this.#wake()
  }

  #handOut(entry: Entry): void {
    const { deliver, seen } = this.#options
    const { position, message } = entry
    if (message === undefined) return
    entry.message = undefined
    const ack = (): void => this.#ack(entry)
    const redelivered = position <= seen && this.#again < mostAgain
    if (redelivered) this.#again += 1
    if (position > (this.#lent ?? -1)) this.#lent = position
    deliver({ message, redelivered, revoked: this.#revocation.signal, ack })
  }

  #ack(entry: Entry): void {
    if (entry.acked || this.revoked) return
    entry.acked = true
    this.#characters -= entry.characters
    this.#loans.release(entry.key)
    for (const [position, { acked }] of this.#entries) {
      if (!acked) break
      this.#entries.delete(position)
    }
    this.#settle(entry)
    this.#options.onProgress()
    this.#lend()
  }

  /** It takes up no room of the window any more: more may be read, as long as that is not too far ahead. */
  #settle(entry: Entry): void {
    if (entry.settled !== undefined) this.#unsettled.push(entry.settled)
    entry.settled = undefined
    if (this.#unsettled.length > 0 && !this.#isFarAhead) for (const settled of this.#unsettled.splice(0)) settled()
  }

  #until(condition: () => boolean): Promise<void> {
    if (this.revoked || condition()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiters.push(() => {
        if (!this.revoked && !condition()) return false
        resolve()
        return true
      })
    })
  }

  #wake(): void {
    if (this.#waiters.length > 0) this.#waiters = this.#waiters.filter((satisfied) => !satisfied())
  }
}
