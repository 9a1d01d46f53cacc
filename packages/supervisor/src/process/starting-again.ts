import type { Backoff } from '@holon/contract'

/** What has ended is started again soon; what keeps ending, now and then. */
export const startingAgain: Backoff = { firstMs: 100, longestMs: 15_000 }
