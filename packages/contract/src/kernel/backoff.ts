import type { Platform } from './platform.ts'

/** How the waits between repeated tries grow. */
export interface Backoff {
  /** The wait after the first failure, at most. */
  readonly firstMs: number
  /** No wait is longer, however many failures there were. */
  readonly longestMs: number
  /** By what the wait grows with each failure. Default 2; 1: not at all. */
  readonly factor?: number
}

/**
 * How long to wait after the `failures`-th failure in a row, counted from 1: an exponential backoff with equal jitter, as
 * AWS's "Exponential Backoff and Jitter" names it. Half of the wait is certain and half is chance, so it is between half of
 * what `firstMs`, `factor` and `longestMs` say and all of it.
 *
 * Chance, because those who failed together would come back together. Not all of it (full jitter, which spreads best):
 * a wait near zero is none to who logs every failure, forks a process for each try, or has promised so many tries over so
 * long a time. And never more than it says: `longestMs` is a bound that pages and callers may name.
 */
export function backoffMs(
  platform: Pick<Platform, 'random'>,
  failures: number,
  { firstMs, longestMs, factor = 2 }: Backoff,
): number {
  const fullMs = Math.min(longestMs, firstMs * factor ** (failures - 1))
  return fullMs * (0.5 + platform.random() / 2)
}
