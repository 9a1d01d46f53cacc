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
   * A timer that throws keeps no other from its turn. What the first one has thrown, the move rejects with at its end.
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

export function createTestClock(parts: ClockParts): TestClock {
  const platform = new MovablePlatform(parts.base, parts.atMs ?? parts.base.now())
  const forward = async (ms: number): Promise<void> => {
    // Of what came before nothing is known.
    await parts.calm(-1)
    const endMs = platform.monotonicMs() + ms
    for (let seen = parts.activity(); platform.callNext(endMs); seen = parts.activity()) await parts.calm(seen)
    const seen = parts.activity()
    platform.moveTo(endMs)
    await parts.calm(seen)
    const [thrown] = platform.takeThrown()
    if (thrown) throw thrown.error
  }
  let last: Promise<void> = Promise.resolve()
  return {
    platform,
    now: () => platform.now(),
    forward: (ms) => {
      if (!(Number.isFinite(ms) && ms >= 0))
        return Promise.reject(new RangeError(`The clock cannot be moved by ${ms} ms; give a number, 0 or more.`))
      const moved = last.then(() => forward(ms))
      // The next move is none the worse for it.
      last = moved.catch(() => undefined)
      return moved
    },
  }
}

interface Pending {
  readonly dueMs: number
  readonly callback: () => void
  readonly isUpkeep: boolean
  real: Timer
  mayEnd: boolean
}

/** As Node's. A timer that sets itself again without a delay would otherwise let no time pass. */
const shortestMs = 1
/** A timer is never early, whatever is lost when fractions of milliseconds are added to the large numbers that are dates. */
const marginMs = 0.01

/** A platform ahead of another one. Both its clocks move together, so that who waits until a time has waited long enough. */
class MovablePlatform implements Platform {
  readonly #base: Platform
  readonly #epochMs: number
  /** In the order in which they were set. */
  readonly #pending = new Set<Pending>()
  readonly #thrown: { readonly error: unknown }[] = []
  #aheadMs = 0

  constructor(base: Platform, atMs: number) {
    this.#base = base
    this.#epochMs = atMs - base.monotonicMs()
  }

  /** Whole milliseconds, as everywhere. */
  now(): number {
    return Math.floor(this.#epochMs + this.monotonicMs())
  }

  monotonicMs(): number {
    return this.#base.monotonicMs() + this.#aheadMs
  }

  random(): number {
    return this.#base.random()
  }

  randomBytes(length: number): Uint8Array {
    return this.#base.randomBytes(length)
  }

  setTimer(callback: () => void, delayMs: number, purpose?: 'upkeep'): Timer {
    const dueMs = this.monotonicMs() + Math.max(delayMs, shortestMs)
    const one: Pending = { dueMs, callback, isUpkeep: purpose === 'upkeep', real: notArmed, mayEnd: false }
    this.#pending.add(one)
    this.#arm(one)
    const timer: Timer = {
      cancel: () => {
        this.#pending.delete(one)
        one.real.cancel()
      },
      unref: () => {
        one.mayEnd = true
        one.real.unref()
        return timer
      },
    }
    return timer
  }

  /** Moves to the next timer that is due by `endMs` and is no upkeep, and calls it; false: there is none. */
  callNext(endMs: number): boolean {
    let next: Pending | undefined
    // Of those due at one moment the first found is the first.
    for (const one of this.#pending)
      if (!one.isUpkeep && one.dueMs <= endMs && !(next && next.dueMs <= one.dueMs)) next = one
    if (next === undefined) return false
    this.#ahead(next.dueMs)
    this.#callNow(next)
    return true
  }

  /** Moves on, and calls what was passed over. */
  moveTo(endMs: number): void {
    this.#ahead(endMs)
    // Those that are set meanwhile were not passed over.
    for (const one of [...this.#pending]) {
      if (!this.#pending.has(one)) continue
      if (one.dueMs <= this.monotonicMs()) {
        this.#callNow(one)
        continue
      }
      // It is nearer than it was.
      one.real.cancel()
      this.#arm(one)
    }
  }

  /** What timers have thrown that were called because time was moved. */
  takeThrown(): readonly { readonly error: unknown }[] {
    return this.#thrown.splice(0)
  }

  #ahead(timeMs: number): void {
    this.#aheadMs += Math.max(0, timeMs + marginMs - this.monotonicMs())
  }

  #callNow(one: Pending): void {
    try {
      this.#call(one)
    } catch (error) {
      this.#thrown.push({ error })
    }
  }

  #call(one: Pending): void {
    this.#pending.delete(one)
    one.real.cancel()
    one.callback()
  }

  #arm(one: Pending): void {
    one.real = this.#base.setTimer(() => this.#call(one), Math.max(0, one.dueMs - this.monotonicMs()))
    if (one.mayEnd) one.real.unref()
  }
}

const notArmed: Timer = { cancel: () => undefined, unref: () => notArmed }
