import { fulfil, type FulfilScope } from './fulfil.ts'
import { type ClaimedOrder, claimUnsettled, handToRecovery, isAnyDue } from './order-store.ts'

interface RecoveryScope extends FulfilScope {
  readonly stopping: AbortSignal
}

/** An order that recovery drives is nobody else's for this long; a driver that was killed delays it by so much. */
const leaseMs = 20_000
const firstPauseMs = 1_000
const longestPauseMs = 30_000
/** So that one order whose services do not answer does not hold up the rest. */
const driversAtOnce = 4

/**
 * Brings orders to their end that nobody has in time: their process was killed, a service did not answer, the customer
 * hung up.
 */
export async function recoverOrders(scope: RecoveryScope): Promise<void> {
  if (!(await isAnyDue(scope.store, new Date(scope.platform.now())))) return
  await Promise.all(Array.from({ length: driversAtOnce }, () => recoverDue(scope)))
}

async function recoverDue(scope: RecoveryScope): Promise<void> {
  const { store, platform, stopping } = scope
  while (!stopping.aborted) {
    const now = platform.now()
    const claimed = await claimUnsettled(store, { now: new Date(now), leaseEnds: new Date(now + leaseMs) })
    if (claimed === undefined) return
    await recover(scope, claimed)
  }
}

/** An order that still cannot go on is tried again after a pause that doubles each time. */
async function recover(scope: RecoveryScope, { order, triesBefore }: ClaimedOrder): Promise<void> {
  const { store, platform, log, stopping } = scope
  const pauseMs = Math.min(firstPauseMs * 2 ** Math.min(triesBefore, 10), longestPauseMs)
  try {
    const { status } = await fulfil(scope, order)
    log.info('an order left unfinished was driven on', { orderId: order.id, status })
  } catch (error) {
    if (stopping.aborted) return
    log.warn('an order is still pending', { orderId: order.id, error: String(error) })
  }
  // It changes nothing for an order that is decided.
  await handToRecovery(store, order.id, new Date(platform.now() + pauseMs))
}
