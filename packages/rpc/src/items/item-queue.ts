import { initialCredit, ProtocolViolation } from '../wire/frames.ts'

/** A sender is allowed so many bytes of small items ahead of their reader, and at most so many items. */
const wantedBytes = 512 * 1024
const mostCredit = 8192
/** What an item takes here besides its bytes. */
const overheadBytes = 64

/** What a reader waits for. */
interface Waiting {
  readonly resolve: (result: IteratorResult<unknown>) => void
  readonly reject: (error: unknown) => void
}

export interface ItemQueueOptions {
  /** Allows the sender `count` more items. Not called once nobody reads any more. */
  readonly sendCredit: (count: number) => void
  /** The reader has read the end, or the `error` at the end, or has left; called once. Returns the error it is told. */
  readonly onOver?: (how: { readonly error: unknown } | 'done' | 'left') => unknown
}

/**
 * Items on their way from a link to the code that reads them. Holds no more than the credit the sender was given, and
 * gives credit back as they are taken: more than at first while they are small and read quickly, less while they are
 * large, so that what waits is bounded in bytes.
 */
export class ItemQueue implements AsyncIterableIterator<unknown> {
  readonly #options: ItemQueueOptions
  #items: unknown[] = []
  /** The first of the items that was not taken. */
  #head = 0
  /** Items that the sender may still send. */
  #credit = initialCredit
  /** Items taken since credit was last given back, and after how many that is done again. */
  #taken = 0
  #giveBackAfter = initialCredit / 2
  /** Of the items that came since then. */
  #cameItems = 0
  #cameBytes = 0
  /** What an item took lately, on average. */
  #bytesEach = overheadBytes
  /** The sender has said that there are no more. */
  #ended = false
  #end: { readonly error: unknown } | 'done' | undefined
  /** Somebody has read the end, or left. */
  #over = false
  #waiting: Waiting[] = []

  constructor(options: ItemQueueOptions) {
    this.#options = options
  }

  /** Items that wait to be read. */
  get length(): number {
    return this.#items.length - this.#head
  }

  /** @throws ProtocolViolation when the sender has no credit, or has said that there are no more. */
  push(item: unknown, bytes: number): void {
    if (this.#ended) throw new ProtocolViolation('an item came after the end of the items')
    if (this.#credit === 0) throw new ProtocolViolation('the peer sends more items than it was given credit for')
    this.#credit--
    this.#cameItems++
    this.#cameBytes += bytes
    if (this.#end !== undefined) return
    const waiting = this.#waiting.length === 0 ? undefined : this.#waiting.shift()
    if (waiting === undefined) return void this.#items.push(item)
    waiting.resolve({ done: false, value: item })
    this.#onTaken()
  }

  /** The sender has no more items, or its source failed with `error`; those that wait are still delivered. */
  end(error?: unknown): void {
    this.#ended = true
    this.#close(error === undefined ? 'done' : { error })
  }

  /** The call is over without an answer. Those that wait are still delivered unless `atOnce`. */
  fail(error: unknown, atOnce = false): void {
    if (atOnce && this.#end === undefined) this.#clear()
    this.#close({ error })
  }

  /** What came is of no use: the reader gets `error` next, whatever waits. */
  spoil(error: unknown): void {
    this.#clear()
    this.#end = undefined
    this.#close({ error })
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#head < this.#items.length) return Promise.resolve({ done: false, value: this.#take() })
    if (this.#end === undefined) return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
    return new Promise((resolve, reject) => this.#tellEnd({ resolve, reject }))
  }

  /** The reader leaves. */
  return(): Promise<IteratorResult<unknown>> {
    this.#clear()
    this.#tellOver('left')
    this.#close('done')
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #take(): unknown {
    const item = this.#items[this.#head]
    this.#items[this.#head++] = undefined
    if (this.#head === this.#items.length) this.#clear()
    else if (this.#head === mostCredit) {
      this.#items = this.#items.slice(mostCredit)
      this.#head = 0
    }
    this.#onTaken()
    return item
  }

  #clear(): void {
    this.#items = []
    this.#head = 0
  }

  #close(end: { readonly error: unknown } | 'done'): void {
    if (this.#end !== undefined) return
    this.#end = end
    for (const waiting of this.#waiting.splice(0)) this.#tellEnd(waiting)
  }

  /** The first reader of the end is told what it is; for the others there is just nothing more. */
  #tellEnd({ resolve, reject }: Waiting): void {
    const end = this.#over || this.#end === undefined ? 'done' : this.#end
    const told = this.#tellOver(end)
    if (end === 'done') resolve({ done: true, value: undefined })
    else reject(told)
  }

  #tellOver(how: { readonly error: unknown } | 'done' | 'left'): unknown {
    const error = typeof how === 'object' ? how.error : undefined
    if (this.#over) return error
    this.#over = true
    return this.#options.onOver ? this.#options.onOver(how) : error
  }

  #onTaken(): void {
    this.#taken++
    if (this.#taken < this.#giveBackAfter || this.#end !== undefined) return
    const ahead = this.#credit + this.length
    if (this.#cameItems > 0) this.#bytesEach = overheadBytes + this.#cameBytes / this.#cameItems
    const fitting = Math.max(2, Math.floor(wantedBytes / this.#bytesEach))
    const wanted = Math.min(mostCredit, 2 * (ahead + this.#taken), fitting)
    const more = Math.max(0, wanted - ahead)
    this.#giveBackAfter = Math.max(1, (ahead + more) >> 1)
    this.#taken = this.#cameItems = this.#cameBytes = 0
    if (more === 0) return
    this.#credit += more
    this.#options.sendCredit(more)
  }
}
