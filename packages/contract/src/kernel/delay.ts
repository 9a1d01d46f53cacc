import type { Platform } from './platform.ts'

/**
 * Resolves after `delayMs`, or rejects with the signal's reason as soon as `signal` aborts.
 *
 * @example
 * await delay(ctx.platform, 1_000, ctx.signal)
 */
export function delay(platform: Platform, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const abort = (): void => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = platform.setTimer(() => {
      signal?.removeEventListener('abort', abort)
      resolve()
    }, delayMs)
    signal?.addEventListener('abort', abort, { once: true })
  })
}
