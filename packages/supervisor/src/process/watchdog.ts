import type { Platform, Timer } from '@holon/contract'

/** Acts unless it is cancelled in time; can be given more time. */
export interface Watchdog {
  /** It acts in `waitMs` from now at the earliest. */
  allow(waitMs: number): void
  cancel(): void
}

export function createWatchdog(platform: Platform, waitMs: number, act: () => void): Watchdog {
  let endMs = platform.monotonicMs() + waitMs
  let timer: Timer = platform.setTimer(act, waitMs)
  return {
    allow(moreMs) {
      const nowMs = platform.monotonicMs()
      if (nowMs + moreMs <= endMs) return
      endMs = nowMs + moreMs
      timer.cancel()
      timer = platform.setTimer(act, moreMs)
    },
    cancel: () => timer.cancel(),
  }
}
