import type { Platform } from './platform.ts'

/**
 * Whether `work` was done within `timeoutMs`. Rejects when the work does in that time; what becomes of it later, failures
 * included, is nobody's concern here. It only stops waiting: what can be stopped is run {@link withDeadline}.
 */
export function within(platform: Platform, timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const timer = platform.setTimer(() => resolve(false), timeoutMs)
    work.then(
      () => {
        timer.cancel()
        resolve(true)
      },
      (error: unknown) => {
        timer.cancel()
        reject(error)
      },
    )
  })
}
