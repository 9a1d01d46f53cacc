import { delay, type Log, type Platform } from 'holon'

/** What {@link repeat} needs of a service's scope. */
export interface RepeatScope {
  readonly platform: Platform
  readonly log: Log
  readonly stopping: AbortSignal
}

/**
 * Runs `work` again and again, `everyMs` after it last ended, until the service stops. A run that fails is logged; the
 * next one tries anew. The last run may be cut short by the store closing, so `work` must be safe to abandon anywhere,
 * as it must be for a crash.
 */
export function repeat(scope: RepeatScope, name: string, everyMs: number, work: () => Promise<void>): void {
  void loop(scope, name, everyMs, work)
}

async function loop(
  { platform, log, stopping }: RepeatScope,
  name: string,
  everyMs: number,
  work: () => Promise<void>,
) {
  while (!stopping.aborted) {
    try {
      await work()
    } catch (error) {
      if (!stopping.aborted) log.warn(`${name} failed; it is tried again in ${everyMs} ms`, { error: String(error) })
    }
    // Rejects when the service stops, which is the way out.
    await delay(platform, everyMs, stopping).catch(() => {})
  }
}
