import type { Platform, Timer } from '@holon/contract'

/** The time of a test app. It passes as everywhere, and can be moved forward. */
export interface TestClock {
  /** What services get as `ctx.platform`. */
  readonly platform: Platform
  /** Milliseconds since the Unix epoch, as services see them. */
  now(): number
  /**
   * Moves the time forward by `ms`. Everything that waits for a time by then has its turn at its own time, in order:
   * schedules, delayed events, next tries of events, timers and delays of services, deadlines. Before each, and at the
   * end, handlers and schedules that run come to their end (those that wait for a time themselves are not waited for
   * longer than a quarter of a second). So an hour of a schedule `every('1m')` is sixty runs.
   *
   * It moves no clock of others: `now()` of a database, timers that a driver or a library sets for itself, `Date.now()`.
   *
   * @throws RangeError if `ms` is negative or no number.
   */
  forward(ms: number): Promise<void>
}

export interface ClockParts {
  /** Time, timers and chance as they are without being moved. */
  readonly base: Platform
  /** What time it is at the start, in milliseconds since the Unix epoch. Default: what `base` says. */
  readonly atMs: number | undefined
  /** Grows with each event that is published or handled. */
  readonly activity: () => number
  /** Resolves when all has happened that can without a further moment having come. `since`: the activity up to which it was so. */
  readonly calm: (since: number) => Promise<void>
}

interface Pending {
  readonly dueMs: number
  readonly callback: () => void
  readonly isUpkeep: boolean
  real: Timer
  mayEnd: boolean
}

/** A timer is never early, whatever is lost when fractions of milliseconds are added to the large numbers that are dates. */
const marginMs = 0.01

export function createTestClock({ base, atMs = base.now(), activity, calm }: ClockParts): TestClock {
  const startMs = base.monotonicMs()
  const pending = new Set<Pending>()
  let aheadMs = 0
  const monotonicMs = (): number => base.monotonicMs() + aheadMs
  // Whole milliseconds, as everywhere; both clocks move together, so that who waits until a time has waited long enough.
  const now = (): number => Math.floor(atMs + monotonicMs() - startMs)

  const fire = (one: Pending): void => {
    pending.delete(one)
    one.real.cancel()
    one.callback()
  }
  const arm = (one: Pending): void => {
    one.real = base.setTimer(() => fire(one), Math.max(0, one.dueMs - monotonicMs()))
    if (one.mayEnd) one.real.unref()
  }
  const platform: Platform = {
    now,
    monotonicMs,
    random: () => base.random(),
    randomBytes: (length) => base.randomBytes(length),
    setTimer: (callback, delayMs, purpose) => {
      const isUpkeep = purpose === 'upkeep'
      const one: Pending = { dueMs: monotonicMs() + delayMs, callback, isUpkeep, real: notArmed, mayEnd: false }
      pending.add(one)
      arm(one)
      const timer: Timer = {
        cancel: () => {
          pending.delete(one)
          one.real.cancel()
        },
        unref: () => {
          one.mayEnd = true
          one.real.unref()
          return timer
        },
      }
      return timer
    },
  }

  /** It is nearer than it was. */
  const rearm = (one: Pending): void => {
    one.real.cancel()
    arm(one)
  }

  const moveTo = (timeMs: number): void => {
    aheadMs += Math.max(0, timeMs - monotonicMs())
  }
  const nextUntil = (endMs: number): Pending | undefined => {
    let next: Pending | undefined
    for (const one of pending) {
      if (one.isUpkeep || one.dueMs > endMs) continue
      // They are in the order in which they were set, so that of those due at one moment the first found is the first.
      if (next === undefined || one.dueMs < next.dueMs) next = one
    }
    return next
  }
  const forward = async (ms: number): Promise<void> => {
    // Of what came before nothing is known.
    await calm(-1)
    const endMs = monotonicMs() + ms
    for (let next = nextUntil(endMs); next !== undefined; next = nextUntil(endMs)) {
      const seen = activity()
      moveTo(next.dueMs + marginMs)
      fire(next)
      await calm(seen)
    }
    const seen = activity()
    moveTo(endMs + marginMs)
    for (const one of pending) {
      if (one.dueMs <= monotonicMs()) fire(one)
      else rearm(one)
    }
    await calm(seen)
  }
  let last: Promise<void> = Promise.resolve()
  return {
    platform,
    now,
    forward: (ms) => {
      if (!(Number.isFinite(ms) && ms >= 0))
        return Promise.reject(new RangeError(`The clock cannot be moved by ${ms} ms; give a number, 0 or more.`))
      last = last.then(() => forward(ms))
      return last
    },
  }
}

const notArmed: Timer = { cancel: () => undefined, unref: () => notArmed }
