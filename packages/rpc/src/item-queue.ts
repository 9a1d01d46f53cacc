/**
 * Items on their way from a link to the code that reads them. Holds no more than the credit the sender was given; each
 * item taken gives credit back through `onTaken`. One reader.
 */
export class ItemQueue implements AsyncIterableIterator<unknown> {
  readonly #items: unknown[] = []
  readonly #onTaken: () => void
  readonly #onAbandon: () => void
  #end: { readonly error: unknown } | 'done' | undefined
  #waiting: { resolve(result: IteratorResult<unknown>): void; reject(error: unknown): void } | undefined

  /** `onAbandon`: the reader leaves before the end. */
  constructor(onTaken: () => void, onAbandon: () => void) {
    this.#onTaken = onTaken
    this.#onAbandon = onAbandon
  }

  /** Items that wait to be read. */
  get length(): number {
    return this.#items.length
  }

  push(item: unknown): void {
    if (this.#end !== undefined) return
    if (this.#waiting === undefined) {
      this.#items.push(item)
      return
    }
    const { resolve } = this.#waiting
    this.#waiting = undefined
    resolve({ done: false, value: item })
    this.#onTaken()
  }

  /** No more items; those that wait are still delivered. */
  end(): void {
    if (this.#end !== undefined) return
    this.#end = 'done'
    this.#waiting?.resolve({ done: true, value: undefined })
    this.#waiting = undefined
  }

  /** Ends with an error. Those that wait are still delivered unless `atOnce`. */
  fail(error: unknown, atOnce = false): void {
    if (this.#end !== undefined) return
    this.#end = { error }
    if (atOnce) this.#items.length = 0
    this.#waiting?.reject(error)
    this.#waiting = undefined
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift()
      this.#onTaken()
      return Promise.resolve({ done: false, value })
    }
    if (this.#end === 'done') return Promise.resolve({ done: true, value: undefined })
    if (this.#end !== undefined) {
      const { error } = this.#end
      this.#end = 'done'
      return Promise.reject(error)
    }
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }))
  }

  return(): Promise<IteratorResult<unknown>> {
    if (this.#end === undefined) {
      this.#end = 'done'
      this.#items.length = 0
      this.#onAbandon()
    }
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
