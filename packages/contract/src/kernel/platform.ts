/**
 * Everything non-deterministic that Holon's packages may touch, handed in by the runtime (promise I7), so that a whole
 * app can run under a simulated clock and a seed. The network is the other half: see `Network` in `@holon/rpc`.
 */
export interface Platform {
  /** Wall clock: milliseconds since the Unix epoch. For display and stored timestamps, never for measuring a wait. */
  now(): number
  /** Milliseconds on a clock that never jumps. Its zero has no meaning; only differences do. */
  monotonicMs(): number
  /**
   * Calls `callback` once after `delayMs`. The owner of the timer cancels it when it closes. `upkeep`: nothing depends on when
   * that is, and after a long time it need not be made up for (a lease is renewed, old rows are removed), so that a clock
   * that a test moves far calls it once.
   */
  setTimer(callback: () => void, delayMs: number, purpose?: 'upkeep'): Timer
  /** A float in [0, 1). */
  random(): number
  /** `length` bytes fit for identifiers and secrets. */
  randomBytes(length: number): Uint8Array
}

/** A pending call of {@link Platform.setTimer}. */
export interface Timer {
  /** Idempotent; after it the callback does not run. */
  cancel(): void
  /** Lets the process end while this timer is pending. Returns the timer itself. */
  unref(): Timer
}
