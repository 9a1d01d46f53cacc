import { type Backoff, backoffMs, type Platform } from '@holon/contract'

/** When a handler that failed is tried again, and how often. */
export interface RetryOptions {
  /** How often a message is tried in all, before it becomes a dead letter. Default 8. */
  readonly tries?: number
  /** The wait after the first try, at most: half of each wait is chance. Default 100. */
  readonly firstMs?: number
  /** The wait before the last try, at most; those between grow by a constant factor. Default 30 000. */
  readonly longestMs?: number
}

export interface RetrySchedule {
  readonly tries: number
  /** How long to wait after the `failures`-th failure, with jitter; undefined: that was the last try. */
  waitMs(failures: number): number | undefined
}

/** With the defaults the waits are at most 0.1, 0.3, 0.7, 1.7, 4.5, 12 and 30 s and half that at least: 25 to 50 s together. */
export function retrySchedule(platform: Platform, options: RetryOptions = {}): RetrySchedule {
  const { tries = 8, firstMs = 100, longestMs = 30_000 } = options
  // Of nothing nothing grows; a millisecond is the shortest wait of a timer.
  const growth = Math.max(1, longestMs / Math.max(1, firstMs))
  const backoff: Backoff = {
    firstMs: Math.max(1, firstMs),
    longestMs: Math.max(1, firstMs, longestMs),
    factor: tries > 2 ? growth ** (1 / (tries - 2)) : 1,
  }
  const waitMs = (failures: number): number | undefined =>
    failures < tries ? backoffMs(platform, failures, backoff) : undefined
  return { tries, waitMs }
}
