/** Values on their way to one slow reader: what it has not taken yet is merged into one. */
export class Buffered<T> implements AsyncIterable<T> {
  readonly #merge: (waiting: T, next: T) => T
  #waiting: { readonly value: T } | undefined
  #ended = false
  #wake: (() => void) | undefined

  constructor(merge: (waiting: T, next: T) => T) {
    this.#merge = merge
  }

  push(value: T): void {
    if (this.#ended) return
    this.#waiting = { value: this.#waiting === undefined ? value : this.#merge(this.#waiting.value, value) }
    this.#wake?.()
  }

  /** Nothing more; what waits is dropped. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#waiting === undefined && !this.#ended)
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
      this.#wake = undefined
      if (this.#ended || this.#waiting === undefined) return
      const { value } = this.#waiting
      this.#waiting = undefined
      yield value
    }
  }
}
