import type { Platform, Timer } from '@holon/contract'

import type { Fetch } from './fetch.ts'

/** The clock, timers and randomness of a browser, and of what offers the same: Node, React Native, a worker. */
export function webPlatform(): Platform {
  return {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    setTimer: (callback, delayMs) => toTimer(setTimeout(callback, Math.min(delayMs, longestDelayMs))),
    random: () => Math.random(),
    randomBytes: (length) => randomBytes(length),
  }
}

/** The network of this runtime, looked up at each request, so that what is put in its place later counts. */
export const webFetch: Fetch = (url, init) => globalThis.fetch(url, init)

/** With more the timer fires at once: its time is held in 32 bits. */
const longestDelayMs = 2 ** 31 - 1

function toTimer(timeout: ReturnType<typeof setTimeout>): Timer {
  // Of what is called here, only Node's timers keep a program alive; a call that somebody waits for should.
  const timer: Timer = { cancel: () => clearTimeout(timeout), unref: () => timer }
  return timer
}

function randomBytes(length: number): Uint8Array {
  if (typeof globalThis.crypto?.getRandomValues !== 'function')
    throw new TypeError(
      'This runtime has no crypto.getRandomValues; load a polyfill (react-native-get-random-values), or give an idempotencyKey of your own.',
    )
  return globalThis.crypto.getRandomValues(new Uint8Array(length))
}
