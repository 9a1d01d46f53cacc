import type { Platform } from '@holon/contract'

/** When a handler that failed is tried again, and how often. */
export interface RetryOptions {
  /** How often a message is tried in all, before it becomes a dead letter. Default 8. */
  readonly tries?: number
  /** The wait after the first try. Default 100. */
  readonly firstMs?: number
  /** The wait before the last try; those between grow by a constant factor. Default 30 000. */
  readonly longestMs?: number
}

export interface RetrySchedule {
  readonly tries: number
  /** How long to wait after the `failures`-th failure, with jitter; undefined: that was the last try. */
  waitMs(failures: number): number | undefined
}

/** With the defaults the waits are about 0.1, 0.3, 0.7, 1.7, 4.5, 12 and 30 s: together most of a minute. */
export function retrySchedule(platform: Platform, options: RetryOptions = {}): RetrySchedule {
  const { tries = 8, firstMs = 100, longestMs = 30_000 } = options
  const factor = tries > 2 ? Math.max(1, longestMs / firstMs) ** (1 / (tries - 2)) : 1
  const waitMs = (failures: number): number | undefined => {
    if (failures >= tries) return undefined
    // Between three quarters and all of it: spread, and never much sooner than was promised.
    return firstMs * factor ** (failures - 1) * (0.75 + platform.random() / 4)
  }
  return { tries, waitMs }
}
