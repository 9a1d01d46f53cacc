/**
 * The clock, the timers and the randomness that Holon's packages are given, and what waits by them.
 *
 * @module
 */
export { type Backoff, backoffMs } from './kernel/backoff.ts'
export { delay } from './kernel/delay.ts'
export { inTime } from './kernel/in-time.ts'
export type { Platform, Timer } from './kernel/platform.ts'
export { randomId } from './kernel/random-id.ts'
export { type Deadline, rejectOnAbort, withDeadline } from './kernel/with-deadline.ts'
export { within } from './kernel/within.ts'
