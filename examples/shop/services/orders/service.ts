import { defineService, fail, type HandlerContext, ServiceError } from 'holon'
import { postgres } from 'holon/postgres'
import { z } from 'zod'

import { accountOf } from '../../shared/account-of.ts'
import { parseCursor, toPage } from '../../shared/page.ts'
import { repeat } from '../../shared/repeat.ts'
import { cart } from '../cart/contract.ts'
import { inventory } from '../inventory/contract.ts'
import { payments } from '../payments/contract.ts'
import { shipping } from '../shipping/contract.ts'
import { type Order, orders } from './contract.ts'
import { decideById } from './decide.ts'
import { followOrder } from './follow-order.ts'
import { followParcel } from './follow-parcel.ts'
import { fulfil, type FulfilScope, stillPending } from './fulfil.ts'
import { allOrders, findOrder, handToRecovery, ordersOf } from './order-store.ts'
import { type OrderRecord, toOrder } from './order.ts'
import type { OrdersDb, OrdersStore } from './orders-db.ts'
import { createOrder, findPlaced } from './place-order.ts'
import { recoverOrders } from './recovery.ts'

const recoverEveryMs = 1_000
const auditPageSize = 500
const Place = z.object({ before: z.int().min(0) })

export default defineService(orders, {
  uses: { cart, inventory, payments },
  store: postgres<OrdersDb>({ migrations: new URL('./migrations', import.meta.url), maxConnections: 10 }),

  start(scope) {
    repeat(scope, 'Recovering orders', recoverEveryMs, () => recoverOrders(scope))
  },

  operations: {
    async place({ paymentMethod }, ctx) {
      const request = { accountId: accountOf(ctx), paymentMethod, idempotencyKey: ctx.idempotencyKey }
      const placed = await findPlaced(ctx.store, request)
      return answer(await drive(ctx, placed ?? (await createOrder(ctx, request, await ctx.cart.checkout()))))
    },

    async list({ limit, cursor }, ctx) {
      const before = cursor === undefined ? undefined : parseCursor(Place, cursor).before
      const found = await ordersOf(ctx.store, { accountId: accountOf(ctx), before, limit: limit + 1 })
      const { items, nextCursor } = toPage(found, { limit, placeOf: ({ number }) => ({ before: number }) })
      return { items: items.map(({ order }) => toOrder(order)), nextCursor }
    },

    async get({ id }, ctx) {
      return toOrder(await ownOrder(ctx, id))
    },

    async *follow({ id }, ctx) {
      await ownOrder(ctx, id)
      yield* followOrder(ctx, id)
    },

    async audit({ after }, { store }) {
      const found = await allOrders(store, { after, limit: auditPageSize })
      return { orders: found.map(toBookEntry), next: found.at(-1)?.id ?? null }
    },
  },

  subscriptions: (on) => [
    // Usually the customer's own request has decided by now. Where it was lost on the way back from payments, this does.
    on(payments.events.captured, ({ orderId }, { tx, platform }) =>
      decideById(tx, orderId, { bought: true }, new Date(platform.now())),
    ),
    on(payments.events.declined, ({ orderId, reason }, { tx, platform }) =>
      decideById(
        tx,
        orderId,
        { bought: false, because: { kind: 'paymentDeclined', reason } },
        new Date(platform.now()),
      ),
    ),
    on(shipping.events.moved, (moved, { tx }) => followParcel(tx, moved)),
  ],
})

async function ownOrder(ctx: Pick<HandlerContext, 'identity'> & OrdersScope, id: string): Promise<OrderRecord> {
  const order = await findOrder(ctx.store, id)
  // Somebody else's order and no order are the same answer: ids cannot be probed.
  if (order?.accountId !== accountOf(ctx)) throw noOrder(id)
  return order
}

interface OrdersScope {
  readonly store: OrdersStore
}

/** Drives an order on behalf of its customer. What this request cannot finish is left to recovery, soon. */
async function drive(scope: FulfilScope, order: OrderRecord): Promise<OrderRecord> {
  try {
    return await fulfil(scope, order)
  } catch (error) {
    await handToRecovery(scope.store, order.id, new Date(scope.platform.now())).catch(() => {})
    throw stillPending(order, error)
  }
}

function answer(order: OrderRecord): Order {
  const { id: orderId, endReason } = order
  if (endReason === null) return toOrder(order)
  const { kind, ...data } = endReason
  if ('reason' in data)
    throw fail(
      orders.operations.place,
      'paymentDeclined',
      { orderId, ...data },
      `The payment was declined: ${data.reason}.`,
    )
  const left = `Only ${data.available} of product ${data.productId} are left, and ${data.requested} were ordered.`
  throw fail(orders.operations.place, kind, { orderId, ...data }, left)
}

function noOrder(id: string): ServiceError {
  return new ServiceError('not_found', `There is no order ${id}.`)
}

function toBookEntry({ id, status, totalCents, items }: OrderRecord) {
  const lines = items.map(({ productId, quantity }) => ({ productId, quantity }))
  return { id, status, totalCents, lines }
}
