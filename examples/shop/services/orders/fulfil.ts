import { type Client, isFailure, type Log, type Platform, ServiceError } from 'holon'

import { inventory } from '../inventory/contract.ts'
import { payments } from '../payments/contract.ts'
import { announceDecision, decideOrder, type Decision } from './decide.ts'
import { findOrder } from './order-store.ts'
import type { EndReason, OrderRecord } from './order.ts'
import type { OrdersStore } from './orders-db.ts'

// What an order needs before it can be decided, all in this file:
//
//   pending   reserve the goods ▶ charge the money ▶ become paid (or, refused: cancelled)
//
// 1. These two are calls, because the customer waits for their answer and it depends on both. What follows from the
//    decision is announced together with it: see `decide.ts`.
// 2. Both are named by the order's id and change nothing the second time, so a crash between any two steps, or in one,
//    heals by starting over.
// 3. The decision falls once, in this service's own database. Whoever drives an order and finds that another driver, or an
//    event of payments, decided otherwise follows that decision.
// 4. Giving back, on `cancelled`, undoes a step also where it is still on its way, and whatever it has reached.

/** What driving an order needs: both a handler's context and the service's scope have it. */
export interface FulfilScope {
  readonly store: OrdersStore
  readonly inventory: Client<typeof inventory>
  readonly payments: Client<typeof payments>
  readonly log: Log
  readonly platform: Platform
}

/** An order that nobody could bring to its end for so long is cancelled; its customer has long gone. */
const abandonAfterMs = 30 * 60 * 1000
const abandoned: EndReason = { kind: 'paymentDeclined', reason: 'it could not be completed in time' }

/**
 * Drives an order until it is decided.
 *
 * @returns the order with its decision made.
 * @throws ServiceError what kept it from being decided; it is still pending then, and can be driven again.
 */
export async function fulfil(scope: FulfilScope, order: OrderRecord): Promise<OrderRecord> {
  const { store } = scope
  if (order.status !== 'pending') {
    if (!order.settled) await store.transaction((tx) => announceDecision(tx, order))
    return order
  }
  try {
    const decision = await tryToBuy(scope, order)
    await store.transaction((tx) => decideOrder(tx, order, decision, new Date(scope.platform.now())))
  } catch (error) {
    // Another driver may have decided meanwhile, and this one was refused for that.
    const decided = await findOrder(store, order.id)
    if (decided === undefined || decided.status === 'pending') throw error
    return decided
  }
  const decided = await findOrder(store, order.id)
  if (decided === undefined) throw new Error(`Order ${order.id} has disappeared.`)
  return decided
}

/** Rejects when it is not known yet whether the order can be had. */
async function tryToBuy({ inventory, payments, platform }: FulfilScope, order: OrderRecord): Promise<Decision> {
  const { id, items, totalCents, currency, paymentMethod, createdAt } = order
  if (platform.now() - createdAt.getTime() > abandonAfterMs) return { bought: false, because: abandoned }
  const once = { idempotencyKey: id }
  const lines = items.map(({ productId, quantity }) => ({ productId, quantity }))
  try {
    await inventory.reserve({ orderId: id, lines }, once)
    await payments.charge({ orderId: id, amountCents: totalCents, currency, method: paymentMethod }, once)
    return { bought: true }
  } catch (error) {
    const because = toEndReason(error)
    if (because === undefined) throw error
    return { bought: false, because }
  }
}

function toEndReason(error: unknown): EndReason | undefined {
  if (isFailure(error, inventory.operations.reserve, 'outOfStock')) return { kind: 'outOfStock', ...error.failure.data }
  if (isFailure(error, payments.operations.charge, 'declined'))
    return { kind: 'paymentDeclined', ...error.failure.data }
  return undefined
}

/** For a caller that got no decision. */
export function stillPending(order: OrderRecord, cause: unknown): ServiceError {
  const message = `Order ${order.id} could not be completed yet; repeat the request with the same Idempotency-Key.`
  return new ServiceError('unavailable', message, { cause })
}
