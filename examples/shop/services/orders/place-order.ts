import { createHash } from 'node:crypto'

import { fail, type Platform } from 'holon'
import { isUniqueViolation, type Queries } from 'holon/postgres'

import { newId } from '../../shared/new-id.ts'
import type { CheckoutCart } from '../cart/contract.ts'
import type { PaymentMethod } from '../payments/contract.ts'
import { orders } from './contract.ts'
import { findOrder, findOrderOfCart, insertOrder } from './order-store.ts'
import type { OrderRecord } from './order.ts'
import type { OrdersDb, OrdersStore, OrdersTx } from './orders-db.ts'

/** How long whoever placed an order drives it alone: longer than the request can last. */
const ownDriveMs = 15_000

const { place } = orders.operations

/** A request to place an order. */
export interface PlaceRequest {
  readonly accountId: string
  readonly paymentMethod: PaymentMethod
  readonly idempotencyKey: string | undefined
}

/** The order that an earlier request with the same key has made, if there is one. */
export async function findPlaced(store: Queries<OrdersDb>, request: PlaceRequest): Promise<OrderRecord | undefined> {
  const { accountId, idempotencyKey } = request
  if (idempotencyKey === undefined) return undefined
  const earlier = await store
    .selectFrom('order_requests')
    .select(['order_id', 'fingerprint'])
    .where('account_id', '=', accountId)
    .where('idempotency_key', '=', idempotencyKey)
    .executeTakeFirst()
  if (earlier === undefined) return undefined
  if (earlier.fingerprint !== fingerprintOf(request)) throw fail(place, 'keyReused')
  return findOrder(store, earlier.order_id)
}

/**
 * Makes a pending order of the cart, with the prices of this moment; the key, if any, commits together with it. A cart is
 * bought once: where another request is buying it, or has, that request's order is the one.
 */
export async function createOrder(
  { store, platform }: { readonly store: OrdersStore; readonly platform: Platform },
  request: PlaceRequest,
  cart: CheckoutCart,
): Promise<OrderRecord> {
  const attempt = async (triesLeft: number): Promise<OrderRecord> => {
    try {
      if (cart.items.length === 0) throw fail(place, 'cartEmpty')
      const order = draftOrder(platform, request, cart)
      await store.transaction(async (tx) => {
        await insertOrder(tx, order, new Date(platform.now() + ownDriveMs))
        await insertRequest(tx, request, order.id)
      })
      return order
    } catch (error) {
      // A request with the same key, or for the same cart, that came at the same time may have been faster. The key goes
      // first: its order counts also when it has emptied the cart already.
      const placed = (await findPlaced(store, request)) ?? (await adoptOrderOfCart(store, request, cart))
      if (placed !== undefined) return placed
      // The faster one's order was cancelled meanwhile.
      if (triesLeft > 0 && isUniqueViolation(error)) return attempt(triesLeft - 1)
      throw error
    }
  }
  return attempt(3)
}

/** The other request's order is this one's too, whenever it asks again. */
async function adoptOrderOfCart(
  store: OrdersStore,
  request: PlaceRequest,
  { version: cartVersion }: CheckoutCart,
): Promise<OrderRecord | undefined> {
  const { accountId } = request
  return store.transaction(async (tx) => {
    const order = await findOrderOfCart(tx, { accountId, cartVersion })
    if (order !== undefined) await insertRequest(tx, request, order.id)
    return order
  })
}

/** Rejects, and so rolls the order back, when a request with the same key has committed first. */
async function insertRequest(tx: OrdersTx, request: PlaceRequest, orderId: string): Promise<void> {
  const { accountId, idempotencyKey } = request
  if (idempotencyKey === undefined) return
  await tx
    .insertInto('order_requests')
    .values({
      account_id: accountId,
      idempotency_key: idempotencyKey,
      fingerprint: fingerprintOf(request),
      order_id: orderId,
    })
    .execute()
}

function draftOrder(platform: Platform, { accountId, paymentMethod }: PlaceRequest, cart: CheckoutCart): OrderRecord {
  return {
    id: newId(platform, 'order'),
    accountId,
    status: 'pending',
    paymentMethod,
    items: cart.items.map(({ productId, name, imageUrl, quantity, unitCents, lineCents }) => ({
      productId,
      name,
      imageUrl,
      quantity,
      unitCents,
      lineCents,
    })),
    totalCents: cart.totalCents,
    currency: cart.currency,
    createdAt: new Date(platform.now()),
    endReason: null,
    cartVersion: cart.version,
    settled: false,
  }
}

function fingerprintOf({ paymentMethod }: PlaceRequest): string {
  return createHash('sha256').update(JSON.stringify({ paymentMethod })).digest('hex')
}
