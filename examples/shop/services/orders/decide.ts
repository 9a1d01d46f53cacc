import type { Queries } from 'holon/postgres'

import { orders } from './contract.ts'
import { findOrder, settle, takeStep } from './order-store.ts'
import type { EndReason, OrderRecord } from './order.ts'
import type { OrdersDb, OrdersTx } from './orders-db.ts'

/** What is to become of a pending order: it is bought, or it cannot be had, for this reason. */
export type Decision = { readonly bought: true } | { readonly bought: false; readonly because: EndReason }

/**
 * Makes the decision of an order, unless it is made already. It falls once, in one transaction, and tells everybody whom
 * it concerns: the goods are sold or given back, the cart is emptied, the customer gets a mail.
 */
export async function decideOrder(tx: OrdersTx, order: OrderRecord, decision: Decision, at: Date): Promise<void> {
  const to = decision.bought ? 'paid' : 'cancelled'
  const endReason = decision.bought ? undefined : decision.because
  if (await takeStep(tx, { id: order.id, to, at, endReason })) await announce(tx, order, decision.bought)
}

/** The same for an order that is known by its id; one that does not exist, or is decided, stays as it is. */
export async function decideById(tx: OrdersTx, id: string, decision: Decision, at: Date): Promise<void> {
  const order = await findPending(tx, id)
  if (order !== undefined) await decideOrder(tx, order, decision, at)
}

/** Announces a decision that was made without. */
export async function announceDecision(tx: OrdersTx, order: OrderRecord): Promise<void> {
  if (await settle(tx, order.id)) await announce(tx, order, order.status !== 'cancelled')
}

async function announce(tx: OrdersTx, order: OrderRecord, bought: boolean): Promise<void> {
  const { id: orderId, accountId, cartVersion, totalCents, items } = order
  if (!bought) return tx.publish(orders.events.cancelled, { orderId, accountId })
  const lines = items.map(({ productId, name, quantity, lineCents }) => ({ productId, name, quantity, lineCents }))
  return tx.publish(orders.events.paid, { orderId, accountId, cartVersion, totalCents, lines })
}

async function findPending(store: Queries<OrdersDb>, id: string): Promise<OrderRecord | undefined> {
  const order = await findOrder(store, id)
  return order?.status === 'pending' ? order : undefined
}
