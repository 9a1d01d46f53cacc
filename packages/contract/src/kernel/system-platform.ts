import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'

import type { Platform, Timer } from '@holon/contract'

/** The real clock, timers and randomness of this machine: the one place in Holon that touches them (promise I7). */
export function systemPlatform(): Platform {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer: (callback, delayMs) => toTimer(setTimeout(callback, Math.min(delayMs, longestDelayMs))),
    random: () => Math.random(),
    randomBytes: (length) => randomBytes(length),
  }
}

/** Node runs a longer timer at once (it overflows 32 bits); nothing in Holon waits for weeks. */
const longestDelayMs = 2 ** 31 - 1

function toTimer(timeout: NodeJS.Timeout): Timer {
  const timer: Timer = {
    cancel: () => clearTimeout(timeout),
    unref: () => {
      timeout.unref()
      return timer
    },
  }
  return timer
}
