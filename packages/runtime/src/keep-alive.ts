import type { Platform, Timer } from '@holon/contract'

const dayMs = 86_400_000

/**
 * Keeps this process alive until it is cancelled. Node ends a process in which nothing is left but timers that hold
 * nothing, and an instance that only waits (for a schedule, or for a bus that is away) has nothing else: that it runs
 * until it is told to stop is decided here, and not by what its parts happen to hold.
 */
export function keepAlive(platform: Platform): Pick<Timer, 'cancel'> {
  let timer: Timer
  const hold = (): void => {
    timer = platform.setTimer(hold, dayMs)
  }
  hold()
  return { cancel: () => timer.cancel() }
}
