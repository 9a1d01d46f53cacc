import type { Platform } from '@holon/contract'

/**
 * Bounds retries to a share of the calls, so that retrying cannot multiply the load on a service that is already in
 * trouble. A token bucket as in Finagle's RetryBudget: each call puts in {@link perCall}, each retry takes one out,
 * and a small steady trickle lets rare callers retry too.
 */
export class RetryBudget {
  readonly #platform: Platform
  #tokens = 10
  #filledAtMs: number

  constructor(platform: Platform) {
    this.#platform = platform
    this.#filledAtMs = platform.monotonicMs()
  }

  onCall(): void {
    this.#tokens = Math.min(maxTokens, this.#tokens + perCall)
  }

  /** Takes a token; false when there is none. */
  tryRetry(): boolean {
    const nowMs = this.#platform.monotonicMs()
    this.#tokens = Math.min(maxTokens, this.#tokens + ((nowMs - this.#filledAtMs) / 1000) * perSecond)
    this.#filledAtMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}

const perCall = 0.2
const perSecond = 10
const maxTokens = 100
