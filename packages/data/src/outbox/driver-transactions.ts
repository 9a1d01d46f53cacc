import { type Platform, ServiceError, type Timer } from '@holon/contract'
import { rejectOnAbort, withDeadline } from '@holon/contract/platform'

import { CommitHooks } from '../commit-hooks.ts'
import type { SqlRunner } from '../events/event-sql.ts'
import { workFailed } from '../transaction.ts'

const defaultTimeoutMs = 60_000

/** When to look for what a transaction appended whose commit nobody tells: most end soon, some take long. */
const looksMs = [2, 10, 50, 250, 1_000, 5_000]

/**
 * Transactions of a driver, bounded in time, and the end of each: known exactly of those that are begun here; of others that
 * the driver's user has begun, told again and again a few times, as they may have committed by then.
 */
export class DriverTransactions<X extends object> {
  readonly #driver: SqlRunner<X>
  readonly #service: string
  readonly #platform: Platform
  readonly #hooks: CommitHooks = new CommitHooks()
  readonly #begunHere: WeakSet<X> = new WeakSet()
  readonly #looks: Set<Timer> = new Set()
  #closed = false

  constructor(driver: SqlRunner<X>, { service, platform }: { readonly service: string; readonly platform: Platform }) {
    this.#driver = driver
    this.#service = service
    this.#platform = platform
  }

  /** Commits when `work` resolves. Rolls back when it rejects, the signal aborts, or its time is over. */
  readonly run: SqlRunner<X>['transaction'] = (work, { signal, timeoutMs = defaultTimeoutMs } = {}) => {
    const platform = this.#platform
    const late = (): Error =>
      new ServiceError(
        'deadline_exceeded',
        `A transaction of service "${this.#service}" was rolled back after ${timeoutMs} ms.`,
      )
    return withDeadline({ platform, timeoutMs, timeoutError: late, signal }, async (within) => {
      const aborted = rejectOnAbort(within)
      let begun = false
      let failure: { readonly error: unknown } | undefined
      const outcome = this.#run(async (tx) => {
        within.throwIfAborted()
        begun = true
        try {
          return await Promise.race([work(tx), aborted.promise])
        } catch (error) {
          failure = { error }
          // Drivers look into an error to see what to do; see `workFailed` in transaction.ts.
          throw workFailed
        }
      }, within)
      const abortedWhileWaiting = aborted.promise.catch((reason: unknown) => (begun ? outcome : Promise.reject(reason)))
      try {
        return await Promise.race([outcome, abortedWhileWaiting])
      } catch (error) {
        throw failure ? failure.error : error
      } finally {
        aborted.dispose()
      }
    })
  }

  async #run<T>(work: (tx: X) => Promise<T>, signal: AbortSignal): Promise<T> {
    let begun: X | undefined
    try {
      const result = await this.#driver.transaction(
        (tx) => {
          begun = tx
          this.#begunHere.add(tx)
          return work(tx)
        },
        { signal },
      )
      if (begun) this.#hooks.committed(begun)
      return result
    } finally {
      // With some drivers the transaction is the connection, and will be another transaction next.
      if (begun) this.#end(begun)
    }
  }

  afterCommit(tx: X, committed: () => void): void {
    if (this.#begunHere.has(tx)) this.#hooks.add(tx, committed)
    else this.#look(committed, 0)
  }

  close(): void {
    this.#closed = true
    for (const timer of this.#looks) timer.cancel()
  }

  #end(tx: X): void {
    this.#begunHere.delete(tx)
    this.#hooks.forget(tx)
  }

  #look(committed: () => void, index: number): void {
    const delayMs = looksMs[index]
    if (delayMs === undefined || this.#closed) return
    const timer = this.#platform.setTimer(() => {
      this.#looks.delete(timer)
      committed()
      this.#look(committed, index + 1)
    }, delayMs)
    this.#looks.add(timer.unref())
  }
}
