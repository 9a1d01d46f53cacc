import type { Platform, Timer } from './platform.ts'

interface Pending {
  /** When it is due, and by how much it is late then. */
  readonly atMs: number
  readonly lateMs: number
  readonly callback: () => void
}

const startMs = 1_700_000_000_000

/** What of a {@link ManualPlatform} a test decides. */
export interface ManualPlatformOptions {
  /** Decides all of its chance: the same seed gives the same numbers. Default 1. */
  readonly seed?: number
  /** Takes the place of the seeded chance: numbers in [0, 1). */
  readonly random?: () => number
  /**
   * Each timer is called up to so many milliseconds after it is due, as happens in every real process; by how many, the
   * seed decides, in numbers of its own. Timers keep their order: one that is late holds up those due after it. Default
   * 0: all are punctual.
   */
  readonly lateMs?: number
}

/**
 * A platform for tests, on Node: its time stands still until the test moves it, and its chance comes from a seed. What
 * is due at the same moment happens in the order in which it was set. Timers are punctual, unless the test wants them
 * late: what holds only while they are punctual does not hold.
 */
export class ManualPlatform implements Platform {
  readonly random: () => number
  #passedMs = 0
  readonly #pending = new Set<Pending>()
  readonly #lateness: () => number

  constructor({ seed = 1, random = seeded(seed), lateMs = 0 }: ManualPlatformOptions = {}) {
    this.random = random
    const draw = seeded(~seed)
    this.#lateness = () => draw() * lateMs
  }

  now(): number {
    return startMs + this.#passedMs
  }

  monotonicMs(): number {
    return this.#passedMs
  }

  randomBytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => Math.floor(this.random() * 256))
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const pending: Pending = { atMs: this.#passedMs + delayMs, lateMs: this.#lateness(), callback }
    this.#pending.add(pending)
    const timer: Timer = { cancel: () => void this.#pending.delete(pending), unref: () => timer }
    return timer
  }

  /** How many timers are pending. */
  get timers(): number {
    return this.#pending.size
  }

  /** Moves time forward by `ms` at once; each timer that becomes due is called at its own time, or late. */
  advance(ms: number): void {
    const endMs = this.#passedMs + ms
    while (this.#callNext(endMs));
    this.#passedMs = endMs
  }

  /** Moves time forward by `ms`; before each timer that becomes due, and at the end, all promises that can settle do. */
  async pass(ms: number): Promise<void> {
    await this.passUntil(() => false, ms)
  }

  /** As {@link pass}, but ends as soon as `isDone`. Returns whether it is. */
  async passUntil(isDone: () => boolean, ms: number): Promise<boolean> {
    const endMs = this.#passedMs + ms
    do {
      await settle()
      if (isDone()) return true
    } while (this.#callNext(endMs))
    this.#passedMs = endMs
    return false
  }

  /** Calls the next timer whose turn comes by `endMs`; false if there is none. */
  #callNext(endMs: number): boolean {
    let next: Pending | undefined
    // Timers are kept in the order in which they were set, so of those due at one moment the first found is the first.
    for (const one of this.#pending) if (one.atMs <= endMs && !(next && next.atMs <= one.atMs)) next = one
    if (next === undefined || next.atMs + next.lateMs > endMs) return false
    this.#pending.delete(next)
    this.#passedMs = Math.max(this.#passedMs, next.atMs + next.lateMs)
    next.callback()
    return true
  }
}

/** Lets everything that needs no time come to an end: all promises that can settle, with what follows from them. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Mulberry32. */
function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
