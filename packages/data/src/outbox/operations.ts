import { lateStatement } from '../ending-transaction.ts'

/**
 * The operations of one transaction of a driver that sends several statements for one operation: none begins after the
 * end, and commit and rollback wait for those that have begun, so that no statement of theirs comes behind.
 */
export class Operations {
  readonly #running: Set<Promise<unknown>> = new Set()
  #failures = 0
  #ended = false

  async run<T>(operation: () => PromiseLike<T>): Promise<T> {
    if (this.#ended) throw lateStatement()
    const running = Promise.resolve(operation())
    this.#running.add(running)
    try {
      return await running
    } catch (error) {
      this.#failures += 1
      throw error
    } finally {
      this.#running.delete(running)
    }
  }

  /** Before the commit. `probe` fails if the server has ended the transaction because of an operation that failed. */
  async settle(probe: () => PromiseLike<unknown>): Promise<void> {
    await this.#settled()
    if (this.#failures > 0) await probe()
    const known = this.#failures
    await this.end()
    if (this.#failures > known)
      throw new Error('The transaction was rolled back: an operation that was not awaited has failed.')
  }

  async end(): Promise<void> {
    this.#ended = true
    await this.#settled()
  }

  async #settled(): Promise<void> {
    await Promise.allSettled(this.#running)
  }
}
