import type { Platform, Timer } from './platform.ts'

/**
 * The real clock, timers and randomness of this machine: the one place in Holon that touches them (promise I7). In Node as
 * in a browser, by what both have.
 */
export function systemPlatform(): Platform {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer: (callback, delayMs) => toTimer(setTimeout(callback, Math.min(delayMs, longestDelayMs))),
    random: () => Math.random(),
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  }
}

/** A longer timer runs at once (it overflows 32 bits); nothing in Holon waits for weeks. */
const longestDelayMs = 2 ** 31 - 1

function toTimer(timeout: NodeJS.Timeout): Timer {
  const timer: Timer = {
    cancel: () => clearTimeout(timeout),
    unref: () => {
      // A browser, where a timer is a number, keeps nothing open for it.
      if (typeof timeout === 'object') timeout.unref()
      return timer
    },
  }
  return timer
}
