import type { Platform, Timer } from '@holon/contract'
import { ServiceError } from '@holon/contract/error'

/** When a call is given up. */
export interface PendingCallLimits {
  /** `service.operation`, for messages. */
  readonly operation: string
  /** Infinity: never. */
  readonly timeoutMs: number
  /** The caller's. */
  readonly signal: AbortSignal | undefined
}

/**
 * A call that somebody waits for, over all its requests, until it is settled or given up: when its caller's signal
 * aborts, or its deadline passes. `AbortSignal.any` and `AbortSignal.timeout` would do the same, where they exist.
 */
export class PendingCall {
  readonly #limits: PendingCallLimits
  readonly #platform: Platform
  readonly #controller = new AbortController()
  readonly #deadlineMs: number
  readonly #timer: Timer | undefined
  readonly #abort = (): void => this.giveUp(this.#error('cancelled', 'was cancelled by its caller'))

  /** @throws ServiceError where the call is over before it begins. */
  constructor(platform: Platform, limits: PendingCallLimits) {
    const { timeoutMs, signal } = limits
    this.#platform = platform
    this.#limits = limits
    this.#deadlineMs = platform.monotonicMs() + timeoutMs
    if (signal?.aborted) throw this.#error('cancelled', 'was cancelled by its caller', false)
    if (!(timeoutMs > 0)) throw this.#error('deadline_exceeded', `has no time: timeoutMs is ${timeoutMs}`, false)
    signal?.addEventListener('abort', this.#abort, { once: true })
    const pass = (): void => this.giveUp(this.#error('deadline_exceeded', `did not answer within ${timeoutMs} ms`))
    this.#timer = timeoutMs === Infinity ? undefined : platform.setTimer(pass, timeoutMs)
  }

  /** Aborts when the call is given up; its reason is the call's error. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Until the deadline; never negative. */
  remainingMs(): number {
    return Math.max(0, this.#deadlineMs - this.#platform.monotonicMs())
  }

  giveUp(error: ServiceError): void {
    this.#controller.abort(error)
  }

  /** Settles as `work` does, or rejects as soon as the call is given up: not every fetch heeds its signal. */
  during<T>(work: Promise<T>): Promise<T> {
    const { signal } = this
    return new Promise((resolve, reject) => {
      const abort = (): void => reject(signal.reason as ServiceError)
      if (signal.aborted) abort()
      signal.addEventListener('abort', abort, { once: true })
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    })
  }

  /** The call is over. */
  settle(): void {
    this.#timer?.cancel()
    this.#limits.signal?.removeEventListener('abort', this.#abort)
  }

  #error(code: 'cancelled' | 'deadline_exceeded', what: string, mayHaveRun = true): ServiceError {
    const { operation, signal } = this.#limits
    const cause: unknown = code === 'cancelled' ? signal?.reason : undefined
    return new ServiceError(code, `${operation} ${what}.`, { mayHaveRun, cause })
  }
}
