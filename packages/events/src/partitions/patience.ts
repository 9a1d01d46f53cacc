import type { Deadline, Platform } from '@holon/contract'

/** How long handlers may take to end what they have. */
const drainMs = 10_000

/** How long a partition that moves to another member waits for what is on loan: no longer once `signal` aborts. */
export function patience(platform: Platform, signal: AbortSignal): Deadline {
  const timeoutError = (): Error => new Error(`What is on loan was not done with within ${drainMs} ms.`)
  return { platform, timeoutMs: drainMs, timeoutError, signal }
}
