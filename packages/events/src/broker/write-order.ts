/**
 * Lets batches be written one after the other, so that they keep their order, while what the broker answers to them is waited
 * for together.
 */
export class WriteOrder {
  #before: Promise<unknown> = Promise.resolve()

  /** Resolves as `write` does, which begins when those before it have written, or failed to. */
  write<T>(write: () => Promise<T>): Promise<T> {
    const written = this.#before.then(write)
    this.#before = written.catch(() => undefined)
    return written
  }

  /** Those that write from now on wait for `work` too, which must not reject. */
  holdUp(work: Promise<unknown>): void {
    this.#before = Promise.all([this.#before, work])
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#before
  }
}
