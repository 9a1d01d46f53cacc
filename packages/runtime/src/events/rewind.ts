import { messageOf, ServiceError } from '@holon/contract'
import type { SqlStore } from '@holon/data'
import type { BusSubscription } from '@holon/events'

/** Where a subscription is taken back to. */
export type RewindTarget = 'start' | { readonly timeMs: number }

/**
 * Takes a subscription back, and forgets the receipts since then, since what is delivered again is to be handled again. In
 * between nothing may be handled: it would come before older events of its key, and keep its receipt. So the subscription
 * is paused first, the rewind revokes what is on loan, receipts are forgotten once what had begun has ended, and only then
 * it goes on. When a step fails it stays paused, and the whole may be repeated: one that was paused before stays so, too.
 */
export async function rewindAndForget(
  { joined, subscription }: { readonly joined: BusSubscription; readonly subscription: string },
  store: SqlStore<unknown>,
  to: RewindTarget,
): Promise<void> {
  const wasPaused = await joined.paused()
  try {
    await joined.pause()
    await joined.rewind(to)
    await store.events.forgetSince(subscription, to === 'start' ? 0 : to.timeMs)
    if (!wasPaused) await joined.resume()
  } catch (error) {
    throw new ServiceError(
      'aborted',
      `'${subscription}' could not be rewound: ${messageOf(error)} It may be paused now: rewind it again and resume it, or resume it as it is.`,
      { cause: error },
    )
  }
}
