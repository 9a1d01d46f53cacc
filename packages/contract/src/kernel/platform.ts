/**
 * Everything non-deterministic that Holon's packages may touch, handed in by the runtime (promise I7), so that a whole
 * app can run under a simulated clock and a seed. The network is the other half: see `Network` in `@holon/rpc`.
 */
export interface Platform {
  /** Wall clock: milliseconds since the Unix epoch. For display and stored timestamps, never for measuring a wait. */
  now(): number
  /** Milliseconds on a clock that never jumps. Its zero has no meaning; only differences do. */
  monotonicMs(): number
  /** Calls `callback` once after `delayMs`. The owner of the timer cancels it when it closes. */
  setTimer(callback: () => void, delayMs: number): Timer
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
