import { initialCredit, ProtocolViolation } from './frames.ts'

/**
 * Items on their way from a link to the code that reads them. Holds no more than the credit the sender was given, and
 * gives credit back as they are taken. One reader.
 */
export class ItemQueue implements AsyncIterableIterator<unknown> {
  readonly #items: unknown[] = []
  readonly #sendCredit: (count: number) => void
  /** Items that the sender may still send. */
  #credit = initialCredit
  /** Items taken since credit was last given back. */
  #taken = 0
  /** The sender has said that there are no more. */
  #ended = false
  #end: { readonly error: unknown } | 'done' | undefined
  #waiting: { resolve(result: IteratorResult<unknown> | Promise<IteratorResult<unknown>>): void } | undefined

  /** `sendCredit`: allows the sender `count` more items. Not called once nobody reads any more. */
  constructor(sendCredit: (count: number) => void) {
    this.#sendCredit = sendCredit
  }

  /** Items that wait to be read. */
  get length(): number {
    return this.#items.length
  }

  /** @throws ProtocolViolation when the sender has no credit, or has said that there are no more. */
  push(item: unknown): void {
    if (this.#ended) throw new ProtocolViolation('an item came after the end of the items')
    if (this.#credit === 0) throw new ProtocolViolation('the peer sends more items than it was given credit for')
    this.#credit--
    if (this.#end !== undefined) return
    if (this.#waiting === undefined) {
      this.#items.push(item)
      return
    }
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting.resolve({ done: false, value: item })
    this.#onTaken()
  }

  /** The sender has no more items, or its source failed with `error`; those that wait are still delivered. */
  end(error?: unknown): void {
    this.#ended = true
    this.#over(error === undefined ? 'done' : { error })
  }

  /** The call is over without an answer. Those that wait are still delivered unless `atOnce`. */
  fail(error: unknown, atOnce = false): void {
    if (atOnce && this.#end === undefined) this.#items.length = 0
    this.#over({ error })
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift()
      this.#onTaken()
      return Promise.resolve({ done: false, value })
    }
    const end = this.#end
    if (end === undefined) return new Promise((resolve) => (this.#waiting = { resolve }))
    this.#end = 'done'
    return end === 'done' ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(end.error)
  }

  /** The reader leaves. */
  return(): Promise<IteratorResult<unknown>> {
    this.#items.length = 0
    this.#over('done')
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #over(end: { readonly error: unknown } | 'done'): void {
    if (this.#end !== undefined) return
    this.#end = end
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) waiting.resolve(this.next())
  }

  #onTaken(): void {
    this.#taken++
    if (this.#taken < initialCredit / 2 || this.#end !== undefined) return
    this.#credit += this.#taken
    this.#sendCredit(this.#taken)
    this.#taken = 0
  }
}
