import { type Client, isFailure, isServiceError, type Log, type Platform, ServiceError } from 'holon'
import type { SqlStore } from 'holon/postgres'

import type { cart } from '../cart/contract.ts'
import { inventory } from '../inventory/contract.ts'
import { payments } from '../payments/contract.ts'
import { changeStatus, findOrder, settle } from './order-store.ts'
import type { EndReason, OrderRecord } from './order.ts'
import type { OrdersDb } from './orders-db.ts'

// The steps of an order, all in this file:
//
//   pending    reserve the goods ▶ charge the money ▶ commit the goods ▶ become paid (or, refused: cancelled)
//   paid       take what was bought out of the cart ▶ settled
//   cancelled  give the money back ▶ give the goods back ▶ settled
//
// 1. Every step is named by the order's id and changes nothing the second time, so a crash between any two, or in one,
//    heals by starting over.
// 2. The status is the decision, and it falls once, in this service's own database. Whoever drives an order and finds
//    that another driver decided otherwise follows that decision.
// 3. Giving back undoes a step also where it is still on its way, and whatever it has reached.

/** What driving an order needs: both a handler's context and the service's scope have it. */
export interface FulfilScope {
  readonly store: SqlStore<OrdersDb>
  readonly inventory: Client<typeof inventory>
  readonly payments: Client<typeof payments>
  readonly cart: Client<typeof cart>
  readonly log: Log
  readonly platform: Platform
}

/** An order that nobody could bring to its end for so long is cancelled; its customer has long gone. */
const abandonAfterMs = 30 * 60 * 1000
const abandoned: EndReason = { kind: 'paymentDeclined', reason: 'it could not be completed in time' }

/**
 * Drives an order as far as it goes.
 *
 * @returns the order with its decision made.
 * @throws ServiceError what kept it from going on; it is still pending then, and can be driven again.
 */
export async function fulfil(scope: FulfilScope, order: OrderRecord): Promise<OrderRecord> {
  const decided = order.status === 'pending' ? await decide(scope, order) : order
  if (!decided.settled) await finish(scope, decided)
  return decided
}

async function decide(scope: FulfilScope, order: OrderRecord): Promise<OrderRecord> {
  const { store, platform } = scope
  const { id, createdAt } = order
  const overdue = platform.now() - createdAt.getTime() > abandonAfterMs
  try {
    const endReason = overdue ? abandoned : await buy(scope, order)
    await changeStatus(store, endReason ? { id, to: 'cancelled', endReason } : { id, to: 'paid' })
  } catch (error) {
    // Another driver may have decided meanwhile, and this one was refused for that.
    const decided = await findOrder(store, id)
    if (decided === undefined || decided.status === 'pending') throw error
    return decided
  }
  const decided = await findOrder(store, id)
  if (decided === undefined) throw new Error(`Order ${id} has disappeared.`)
  return decided
}

/** Resolves to why the order cannot be had, if so; rejects when that is not known yet. */
async function buy(
  { inventory, payments }: FulfilScope,
  { id, items, totalCents, currency, paymentMethod }: OrderRecord,
): Promise<EndReason | undefined> {
  const once = { idempotencyKey: id }
  const lines = items.map(({ productId, quantity }) => ({ productId, quantity }))
  try {
    await inventory.reserve({ orderId: id, lines }, once)
    await payments.charge({ orderId: id, amountCents: totalCents, currency, method: paymentMethod }, once)
    await inventory.commit({ orderId: id }, once)
    return undefined
  } catch (error) {
    const refusal = toEndReason(error)
    if (refusal === undefined) throw error
    return refusal
  }
}

function toEndReason(error: unknown): EndReason | undefined {
  const { reserve, commit } = inventory.operations
  if (isFailure(error, reserve, 'outOfStock')) return { kind: 'outOfStock', ...error.failure.data }
  if (isFailure(error, commit, 'outOfStock')) return { kind: 'outOfStock', ...error.failure.data }
  if (isFailure(error, payments.operations.charge, 'declined'))
    return { kind: 'paymentDeclined', ...error.failure.data }
  return undefined
}

/** What remains once the decision is made. The customer need not wait for it to succeed: recovery repeats it. */
async function finish(scope: FulfilScope, order: OrderRecord): Promise<void> {
  try {
    if (order.status === 'cancelled') await giveBack(scope, order)
    else await emptyCart(scope, order)
    await settle(scope.store, order.id)
  } catch (error) {
    scope.log.warn('an order is decided but not settled; recovery will see to it', {
      orderId: order.id,
      status: order.status,
      error: isServiceError(error) ? error.toJSON() : String(error),
    })
  }
}

async function giveBack({ payments, inventory }: FulfilScope, { id }: OrderRecord): Promise<void> {
  const once = { idempotencyKey: id }
  await payments.refund({ orderId: id }, once)
  await inventory.release({ orderId: id }, once)
}

async function emptyCart({ cart }: FulfilScope, { id, accountId, items }: OrderRecord): Promise<void> {
  const lines = items.map(({ productId, quantity }) => ({ productId, quantity }))
  await cart.takeOrdered({ accountId, orderId: id, lines }, { idempotencyKey: id })
}

/** For a caller that got no decision. */
export function stillPending(order: OrderRecord, cause: unknown): ServiceError {
  const message = `Order ${order.id} could not be completed yet; repeat the request with the same Idempotency-Key.`
  return new ServiceError('unavailable', message, { cause })
}
