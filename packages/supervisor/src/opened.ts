/** What was opened one after the other, to be closed in reverse. */
export class Opened {
  readonly #closers: (() => void | Promise<void>)[] = []

  /** Takes `part`, which is closed by `close` before everything that was opened before it. */
  add<T>(part: T, close: (part: T) => void | Promise<void>): T {
    this.#closers.push(() => close(part))
    return part
  }

  /** Closes everything, also what comes after something that cannot be closed; rejects with the first failure then. */
  async close(): Promise<void> {
    const failures: unknown[] = []
    for (const close of this.#closers.splice(0).toReversed()) {
      try {
        await close()
      } catch (error) {
        failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }
}
