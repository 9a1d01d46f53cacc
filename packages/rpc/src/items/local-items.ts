import type { Items } from '@holon/contract'

import { iteratorOf, letGo } from './items.ts'

/** What a reader waits for. */
interface Waiting {
  resolve(result: IteratorResult<unknown> | Promise<IteratorResult<unknown>>): void
  reject(error: unknown): void
}

/**
 * The caller's items as a handler of the same process reads them: one at a time, as it asks. They end with the call, as
 * those that come over a link do, whatever their source is waiting for.
 */
export class LocalItems implements AsyncIterableIterator<unknown> {
  readonly #items: Items<unknown>
  readonly #check: (item: unknown) => void
  readonly #failed: (error: unknown) => unknown
  #source: AsyncIterator<unknown> | undefined
  #end: { readonly error: unknown } | 'done' | undefined
  #waiting: Waiting | undefined

  /**
   * `check` throws for an item that must not be delivered. `failed`: it did, or the source threw; returns what the
   * reader is told.
   */
  constructor(items: Items<unknown>, check: (item: unknown) => void, failed: (error: unknown) => unknown) {
    this.#items = items
    this.#check = check
    this.#failed = failed
  }

  next(): Promise<IteratorResult<unknown>> {
    const end = this.#end
    if (end === undefined) return new Promise((resolve, reject) => this.#read({ resolve, reject }))
    this.#end = 'done'
    return end === 'done' ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(end.error)
  }

  /** The handler reads no further. */
  return(): Promise<IteratorResult<unknown>> {
    this.release()
    return Promise.resolve({ done: true, value: undefined })
  }

  /** The call is over; `error`: it was given up, which a reader is told. Idempotent. */
  release(error?: unknown): void {
    if (this.#end !== undefined) return
    this.#end = error === undefined ? 'done' : { error }
    if (this.#source) letGo(this.#source)
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting) waiting.resolve(this.next())
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #read(waiting: Waiting): void {
    this.#waiting = waiting
    this.#take().then(
      (result) => {
        if (this.#waiting !== waiting) return
        this.#waiting = undefined
        if (result.done === true) this.#end = 'done'
        waiting.resolve(result)
      },
      (error: unknown) => {
        if (this.#waiting === waiting) this.release(this.#failed(error))
      },
    )
  }

  async #take(): Promise<IteratorResult<unknown>> {
    this.#source ??= iteratorOf(this.#items)
    const result = await this.#source.next()
    // Read once: a foreign iterator's result need not answer the same again.
    if (result.done === true) return { done: true, value: undefined }
    const { value } = result
    this.#check(value)
    return { done: false, value }
  }
}
