import type { Platform } from '@holon/contract'

interface Waiter {
  grant(): void
  refuse(reason: unknown): void
}

/** How long {@link Semaphore.acquire} may wait, and what it says when that was in vain. */
export interface AcquireOptions {
  readonly timeoutMs: number
  readonly timeoutError: () => Error
  readonly signal?: AbortSignal | undefined
}

/** `slots` permits, granted in the order in which they were asked for. */
export class Semaphore {
  readonly #platform: Platform
  readonly #waiters: Set<Waiter> = new Set()
  #free: number
  #closedBy: unknown

  constructor(platform: Platform, slots: number) {
    this.#platform = platform
    this.#free = slots
  }

  /** Resolves to a function that gives the permit back (idempotent). Rejects on timeout, abort and {@link close}. */
  acquire(options: AcquireOptions): Promise<() => void> {
    if (this.#closedBy !== undefined) return Promise.reject(this.#closedBy)
    if (options.signal?.aborted) return Promise.reject(options.signal.reason)
    if (this.#free > 0) {
      this.#free -= 1
      return Promise.resolve(this.#permit())
    }
    return this.#wait(options)
  }

  /** Refuses all who wait and all who come later with `reason`. Granted permits stay valid. */
  close(reason: Error): void {
    this.#closedBy = reason
    for (const waiter of this.#waiters) waiter.refuse(reason)
  }

  #wait({ timeoutMs, timeoutError, signal }: AcquireOptions): Promise<() => void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#waiters.delete(waiter)
        timer.cancel()
        signal?.removeEventListener('abort', onAbort)
      }
      const waiter: Waiter = {
        grant: () => {
          settle()
          resolve(this.#permit())
        },
        refuse: (reason) => {
          settle()
          reject(reason)
        },
      }
      const onAbort = (): void => waiter.refuse(signal?.reason)
      const timer = this.#platform.setTimer(() => waiter.refuse(timeoutError()), timeoutMs)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiters.add(waiter)
    })
  }

  #permit(): () => void {
    let held = true
    return () => {
      if (!held) return
      held = false
      const [next] = this.#waiters
      if (next) next.grant()
      else this.#free += 1
    }
  }
}
