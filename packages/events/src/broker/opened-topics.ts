/** What is known of topics on a broker, each looked at, or made, when it is first used. */
export class OpenedTopics<T> {
  readonly #open: (name: string) => Promise<T>
  readonly #topics = new Map<string, Promise<T>>()
  readonly #opened = new Set<string>()

  constructor(open: (name: string) => Promise<T>) {
    this.#open = open
  }

  /** The topic. After a rejection the next call looks again. */
  get(name: string): Promise<T> {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const opening = this.#open(name)
    this.#topics.set(name, opening)
    opening.then(
      () => this.#opened.add(name),
      () => this.#topics.delete(name),
    )
    return opening
  }

  /** It may be gone: looks at it anew before its next use, unless that is being done. */
  forget(name: string): void {
    if (this.#opened.delete(name)) this.#topics.delete(name)
  }

  /** The same for all. */
  forgetAll(): void {
    for (const name of this.#opened) this.forget(name)
  }
}
