import { delay } from './delay.ts'
import type { Platform } from './platform.ts'

/** Whether `work` was done within the time; it is not stopped otherwise. Rejects when the work does. */
export async function within(platform: Platform, timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController()
  const timeout = delay(platform, timeoutMs, over.signal).then(
    () => false,
    () => false,
  )
  try {
    return await Promise.race([work.then(() => true), timeout])
  } finally {
    over.abort()
  }
}
