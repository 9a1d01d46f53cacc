import type { Queries } from 'holon/postgres'
import { jsonArrayFrom } from 'kysely/helpers/postgres'

import type { OrderItem, OrderStatus } from './contract.ts'
import { type EndReason, type OrderRecord, sourcesOf } from './order.ts'
import type { OrdersDb, OrdersStore, OrdersTx } from './orders-db.ts'

/** Stores a new order with its items. Until `nextStepAt` it belongs to whoever placed it; then recovery takes over. */
export async function insertOrder(tx: OrdersTx, order: OrderRecord, nextStepAt: Date): Promise<void> {
  await tx
    .insertInto('orders')
    .values({
      id: order.id,
      account_id: order.accountId,
      status: order.status,
      payment_method: order.paymentMethod,
      total_cents: order.totalCents,
      currency: order.currency,
      created_at: order.createdAt,
      next_step_at: nextStepAt,
      cart_version: order.cartVersion,
    })
    .execute()
  await tx.insertInto('order_steps').values({ order_id: order.id, status: order.status, at: order.createdAt }).execute()
  await tx
    .insertInto('order_items')
    .values(order.items.map((item, position) => toItemRow(order.id, position, item)))
    .execute()
}

export async function findOrder(store: Queries<OrdersDb>, id: string): Promise<OrderRecord | undefined> {
  const row = await selectOrders(store).where('id', '=', id).executeTakeFirst()
  return row && toRecord(row)
}

/** The order that buys, or has bought, this version of an account's cart. */
export async function findOrderOfCart(
  store: Queries<OrdersDb>,
  { accountId, cartVersion }: Pick<OrderRecord, 'accountId' | 'cartVersion'>,
): Promise<OrderRecord | undefined> {
  const row = await selectOrders(store)
    .where('account_id', '=', accountId)
    .where('cart_version', '=', cartVersion)
    .where('cart_version', '>', 0)
    .where('status', '!=', 'cancelled')
    .executeTakeFirst()
  return row && toRecord(row)
}

/** Orders of one account, newest first, those before `before`; with their numbers, for the next page. */
export async function ordersOf(
  store: Queries<OrdersDb>,
  {
    accountId,
    before,
    limit,
  }: { readonly accountId: string; readonly before: number | undefined; readonly limit: number },
): Promise<{ number: number; order: OrderRecord }[]> {
  const own = selectOrders(store).where('account_id', '=', accountId).orderBy('number', 'desc').limit(limit)
  const rows = await (before === undefined ? own : own.where('number', '<', before)).execute()
  return rows.map((row) => ({ number: row.number, order: toRecord(row) }))
}

/** All orders in pages, oldest first. */
export async function allOrders(
  store: Queries<OrdersDb>,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<OrderRecord[]> {
  const rows = await selectOrders(store)
    .where('number', '>', (order) =>
      order.fn.coalesce(order.selectFrom('orders').select('number').where('id', '=', after), order.val(0)),
    )
    .orderBy('number')
    .limit(limit)
    .execute()
  return rows.map(toRecord)
}

/** A step of an order: where it goes, when, and what is known with it. */
export interface Step {
  readonly id: string
  readonly to: OrderStatus
  readonly at: Date
  readonly endReason?: EndReason | undefined
  readonly trackingCode?: string
}

/**
 * Takes a step, if the order is where it may take it; whoever comes second changes nothing. Recovery has no more to do
 * with an order that is not pending.
 *
 * @returns whether it was taken.
 */
export async function takeStep(tx: OrdersTx, { id, to, at, endReason, trackingCode }: Step): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('orders')
    .set({
      status: to,
      next_step_at: null,
      ...(endReason && { end_reason: JSON.stringify(endReason) }),
      ...(trackingCode !== undefined && { tracking_code: trackingCode }),
    })
    .where('id', '=', id)
    .where('status', 'in', sourcesOf(to))
    .executeTakeFirstOrThrow()
  if (numUpdatedRows === 0n) return false
  await tx.insertInto('order_steps').values({ order_id: id, status: to, at }).execute()
  return true
}

/** Recovery has no more to do with an order. Resolves to false when it had none already. */
export async function settle(tx: OrdersTx, id: string): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('orders')
    .set({ next_step_at: null })
    .where('id', '=', id)
    .where('next_step_at', 'is not', null)
    .executeTakeFirstOrThrow()
  return numUpdatedRows > 0n
}

/**
 * No step is planned further ahead. What is was planned while the clock was wrong, and must not wait until that time comes.
 */
const farthestMs = 5 * 60_000

/** Orders that nobody has brought to their end in time. */
function unsettled(store: Queries<OrdersDb>, now: Date) {
  const farthest = new Date(now.getTime() + farthestMs)
  return store
    .selectFrom('orders')
    .where((order) => order.or([order('next_step_at', '<=', now), order('next_step_at', '>', farthest)]))
}

/** Whether there is anything for {@link claimUnsettled}; cheap enough to ask every second. */
export async function isAnyDue(store: Queries<OrdersDb>, now: Date): Promise<boolean> {
  return (await unsettled(store, now).select('id').limit(1).executeTakeFirst()) !== undefined
}

/** An order that recovery has taken on. */
export interface ClaimedOrder {
  readonly order: OrderRecord
  /** How often it was taken on before, in vain. */
  readonly triesBefore: number
}

/**
 * Takes on the next order that nobody has brought to its end in time. Until `leaseEnds` no other replica takes it, unless
 * it is handed back earlier.
 */
export function claimUnsettled(
  store: OrdersStore,
  { now, leaseEnds }: { readonly now: Date; readonly leaseEnds: Date },
): Promise<ClaimedOrder | undefined> {
  return store.transaction(async (tx) => {
    const due = await unsettled(tx, now)
      .select(['id', 'recovery_tries'])
      .orderBy('next_step_at')
      .limit(1)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (due === undefined) return undefined
    await tx
      .updateTable('orders')
      .set({ next_step_at: leaseEnds, recovery_tries: due.recovery_tries + 1 })
      .where('id', '=', due.id)
      .execute()
    const order = await findOrder(tx, due.id)
    return order && { order, triesBefore: due.recovery_tries }
  })
}

/** Whoever drove an order cannot go on; recovery may from `at` on. */
export async function handToRecovery(store: Queries<OrdersDb>, id: string, at: Date): Promise<void> {
  await store
    .updateTable('orders')
    .set({ next_step_at: at })
    .where('id', '=', id)
    .where('next_step_at', 'is not', null)
    .execute()
}

function selectOrders(store: Queries<OrdersDb>) {
  return store
    .selectFrom('orders')
    .selectAll('orders')
    .select((order) =>
      jsonArrayFrom(
        order
          .selectFrom('order_items')
          .select(['product_id', 'name', 'image_url', 'quantity', 'unit_cents'])
          .whereRef('order_items.order_id', '=', 'orders.id')
          .orderBy('position'),
      ).as('items'),
    )
}

type OrderRow = Awaited<ReturnType<ReturnType<typeof selectOrders>['executeTakeFirstOrThrow']>>

function toRecord(row: OrderRow): OrderRecord {
  return {
    id: row.id,
    accountId: row.account_id,
    status: row.status,
    paymentMethod: row.payment_method,
    items: row.items.map(({ product_id, name, image_url, quantity, unit_cents }) => ({
      productId: product_id,
      name,
      imageUrl: image_url,
      quantity,
      unitCents: unit_cents,
      lineCents: quantity * unit_cents,
    })),
    totalCents: row.total_cents,
    currency: row.currency,
    createdAt: row.created_at,
    endReason: row.end_reason,
    cartVersion: row.cart_version,
    settled: row.next_step_at === null,
  }
}

function toItemRow(order_id: string, position: number, item: OrderItem): OrdersDb['order_items'] {
  const { productId, name, imageUrl, quantity, unitCents } = item
  return { order_id, position, product_id: productId, name, image_url: imageUrl, quantity, unit_cents: unitCents }
}
