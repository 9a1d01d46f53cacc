import { loansPerKey } from '../key-share.ts'

/** The messages of one key that are on loan, and those that wait for them. Exists only while there are some. */
interface KeyQueue<T> {
  onLoan: number
  readonly parked: T[]
}

/**
 * Who may be lent next, so that each key has its share of the loans and keeps its order.
 *
 * - K1: a message is parked while its key has its share ({@link loansPerKey}) or an earlier one of its key is parked.
 * - K2: a key with parked messages has one on loan, whose return makes the key ready again.
 */
export class KeyLoans<T extends { readonly key: string }> {
  readonly #window: number
  readonly #queues = new Map<string, KeyQueue<T>>()
  /** Parked messages of these may be lent as soon as the window has room. */
  readonly #ready = new Set<KeyQueue<T>>()
  #onLoan = 0
  #parked = 0

  constructor(window: number) {
    this.#window = window
  }

  get onLoan(): number {
    return this.#onLoan
  }

  get parked(): number {
    return this.#parked
  }

  get hasRoom(): boolean {
    return this.#onLoan < this.#window
  }

  /** Whether the message is on loan now; if not, it is parked. */
  admit(item: T): boolean {
    const queue = this.#queues.get(item.key)
    if (queue === undefined) {
      this.#queues.set(item.key, { onLoan: 1, parked: [] })
    } else if (queue.parked.length > 0 || queue.onLoan >= loansPerKey(this.#onLoan, this.#window)) {
      queue.parked.push(item)
      this.#parked += 1
      return false
    } else queue.onLoan += 1
    this.#onLoan += 1
    return true
  }

  /** Lends a parked message whose key has room again. */
  unpark(): T | undefined {
    for (const queue of this.#ready) {
      const share = loansPerKey(this.#onLoan, this.#window)
      const item = queue.onLoan < share ? queue.parked.shift() : undefined
      if (item === undefined) {
        this.#ready.delete(queue)
        continue
      }
      queue.onLoan += 1
      this.#onLoan += 1
      this.#parked -= 1
      return item
    }
    return undefined
  }

  /** A message on loan is dealt with. */
  release(key: string): void {
    const queue = this.#queues.get(key)
    if (queue === undefined) return
    queue.onLoan -= 1
    this.#onLoan -= 1
    if (queue.parked.length > 0) this.#ready.add(queue)
    else if (queue.onLoan === 0) this.#queues.delete(key)
  }
}
