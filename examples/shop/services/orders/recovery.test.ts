import { toBusMessage } from '@holon/events'
import type { Client, Contract } from 'holon'
import { postgres } from 'holon/postgres'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { ordinarySeed } from '../../testing/seeds.ts'
import { startTestShop, type TestShop } from '../../testing/test-shop.ts'
import { cart } from '../cart/contract.ts'
import { inventory } from '../inventory/contract.ts'
import { type PaymentMethod, payments } from '../payments/contract.ts'
import { decideById } from './decide.ts'
import { fulfil, type FulfilScope } from './fulfil.ts'
import { findOrder } from './order-store.ts'
import type { OrdersDb, OrdersStore } from './orders-db.ts'
import { createOrder } from './place-order.ts'
import { recoverOrders } from './recovery.ts'

// Stands in the place of the orders service, so that it can "crash" at every step: the steps before have happened, the
// ones after have not, and nothing of it is remembered but what is stored.

let shop: TestShop
let store: OrdersStore
let accounts = 0
beforeAll(async () => {
  shop = await startTestShop({ only: ['inventory', 'payments', 'catalog', 'cart'] })
  const migrations = new URL('./migrations', import.meta.url)
  store = await shop.openStore('orders', postgres<OrdersDb>({ migrations }))
})
afterAll(() => shop.close())

/** The crash of the process that drives an order. */
class Crash extends Error {}

type Moment = { readonly step: number; readonly when: 'before' | 'after' }

/** The scope of a driver that crashes at a moment: before or after the n-th call to another service. */
function scopeCrashingAt(moment: Moment | undefined): FulfilScope & { readonly stopping: AbortSignal } {
  let step = 0
  const counted = async <T>(run: () => Promise<T>): Promise<T> => {
    const here = (step += 1) === moment?.step
    if (here && moment.when === 'before') throw new Crash()
    const result = await run()
    if (here) throw new Crash()
    return result
  }
  // A crashed driver does nothing more, whatever it would do about the error.
  const dead = () => moment !== undefined && step > moment.step
  const wrap = <C extends Contract>(client: Client<C>): Client<C> =>
    Object.fromEntries(
      Object.entries(client).map(([name, call]) => [
        name,
        (...args: unknown[]) =>
          counted(() =>
            dead() ? Promise.reject(new Crash()) : (call as (...all: unknown[]) => Promise<unknown>)(...args),
          ),
      ]),
    ) as unknown as Client<C>
  return {
    store,
    inventory: wrap<typeof inventory>(shop.client(inventory)),
    payments: wrap<typeof payments>(shop.client(payments)),
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    platform: shop.clock.platform,
    stopping: new AbortController().signal,
  }
}

async function newOrder(product: { readonly id: string; readonly quantity: number }, paymentMethod: PaymentMethod) {
  const accountId = `account-${(accounts += 1)}`
  const own = shop.client(cart, accountId)
  await own.setItem({ productId: product.id, quantity: product.quantity })
  const request = { accountId, paymentMethod, idempotencyKey: undefined }
  const order = await createOrder({ store, platform: shop.clock.platform }, request, await own.checkout())
  return { order, ownCart: own }
}

async function recoverAll(): Promise<void> {
  await shop.clock.forward(60_000)
  await recoverOrders(scopeCrashingAt(undefined))
  await relay()
}

/** As the relay of the service does. Resolves to the events, as text. */
async function relay(): Promise<string[]> {
  const records = await store.events.readOutbox({ limit: 1_000 })
  await shop.bus.publish(records.map((record) => toBusMessage(record)))
  await store.events.deleteOutbox(records)
  return records.map(({ topic, key }) => `${topic} ${key}`)
}

const soldAndHeld = async (productId: string) => {
  const { stock, held } = await shop.client(inventory).audit()
  const row = stock.find((one) => one.productId === productId)
  return { sold: (row?.atStart ?? 0) - (row?.onHand ?? 0), held: held.length }
}

const moments: Moment[] = [1, 2].flatMap((step) => [
  { step, when: 'before' as const },
  { step, when: 'after' as const },
])

describe.each(moments)('a crash $when step $step', (moment) => {
  const crashAt = async (order: Parameters<typeof fulfil>[1]) => fulfil(scopeCrashingAt(moment), order).catch(() => {})

  test('heals: an order that can be had is sold, paid and taken from the cart, each once', async () => {
    const { order, ownCart } = await newOrder({ id: ordinarySeed(0).id, quantity: 1 }, 'card')
    const before = await soldAndHeld(ordinarySeed(0).id)
    await crashAt(order)
    await recoverAll()
    expect(await findOrder(store, order.id)).toMatchObject({ status: 'paid', settled: true })
    await expect.poll(() => soldAndHeld(ordinarySeed(0).id)).toEqual({ sold: before.sold + 1, held: 0 })
    expect(shop.provider.charges.find(order.id)).toMatchObject({ state: 'SETTLED' })
    await expect.poll(async () => (await ownCart.get()).items).toEqual([])
  })

  test('heals: an order whose payment is declined leaves nothing behind', async () => {
    const { order, ownCart } = await newOrder({ id: ordinarySeed(1).id, quantity: 1 }, 'card-declined')
    const before = await soldAndHeld(ordinarySeed(1).id)
    await crashAt(order)
    await recoverAll()
    expect(await findOrder(store, order.id)).toMatchObject({ status: 'cancelled', settled: true })
    await expect.poll(() => soldAndHeld(ordinarySeed(1).id)).toEqual(before)
    expect((await ownCart.get()).items).toHaveLength(1)
  })
})

test('two drivers of one order, one of which decides to cancel, agree in the end', async () => {
  for (let round = 0; round < 10; round += 1) {
    const { order } = await newOrder({ id: ordinarySeed(2).id, quantity: 1 }, 'card')
    const before = await soldAndHeld(ordinarySeed(2).id)
    const overdue = { ...order, createdAt: new Date(0) }
    await Promise.allSettled([fulfil(scopeCrashingAt(undefined), order), fulfil(scopeCrashingAt(undefined), overdue)])
    const decided = await findOrder(store, order.id)
    const paid = decided?.status === 'paid'
    expect(decided).toMatchObject({ settled: true })
    expect(await relay()).toEqual([`orders.${paid ? 'paid' : 'cancelled'} ${order.id}`])
    const after = { sold: before.sold + (paid ? 1 : 0), held: 0 }
    await expect.poll(() => soldAndHeld(ordinarySeed(2).id)).toEqual(after)
    const isCharged = () => shop.provider.charges.find(order.id)?.state === 'SETTLED'
    await expect.poll(isCharged).toBe(paid)
  }
})

test('goods stay reserved until recovery comes, however late, so what was paid for is there', async () => {
  const afterCharge: Moment = { step: 2, when: 'after' }
  const { stock } = await shop.client(inventory).audit()
  const left = stock.find(({ productId }) => productId === ordinarySeed(3).id)?.onHand ?? 0
  const { order } = await newOrder({ id: ordinarySeed(3).id, quantity: left }, 'card')
  await fulfil(scopeCrashingAt(afterCharge), order).catch(() => {})
  expect(shop.provider.charges.find(order.id)).toMatchObject({ state: 'SETTLED' })
  await shop.clock.forward(16 * 60_000)
  const { order: faster } = await newOrder({ id: ordinarySeed(3).id, quantity: 1 }, 'card')
  expect(await fulfil(scopeCrashingAt(undefined), faster)).toMatchObject({ endReason: { kind: 'outOfStock' } })
  await recoverAll()
  expect(await findOrder(store, order.id)).toMatchObject({ status: 'paid', settled: true })
  await expect.poll(() => soldAndHeld(ordinarySeed(3).id)).toEqual({ sold: left, held: 0 })
})

test('an order that nobody could complete for half an hour is cancelled', async () => {
  const { order } = await newOrder({ id: ordinarySeed(4).id, quantity: 1 }, 'card')
  await shop.clock.forward(31 * 60_000)
  await recoverAll()
  expect(await findOrder(store, order.id)).toMatchObject({ status: 'cancelled', settled: true })
  expect(shop.provider.charges.find(order.id)).toBeUndefined()
})

test('an order that was placed while the clock was a month ahead is driven on once it is right again', async () => {
  const { order } = await newOrder({ id: ordinarySeed(7).id, quantity: 1 }, 'card')
  const month = 30 * 24 * 3_600_000
  await store
    .updateTable('orders')
    .set({ next_step_at: new Date(shop.clock.platform.now() + month) })
    .where('id', '=', order.id)
    .execute()
  await recoverOrders(scopeCrashingAt(undefined))
  expect(await findOrder(store, order.id)).toMatchObject({ status: 'paid' })
  await relay()
})

test('what payments tells decides an order whose own driver was lost; whoever comes second changes nothing', async () => {
  const { order } = await newOrder({ id: ordinarySeed(5).id, quantity: 1 }, 'card')
  const now = new Date(shop.clock.platform.now())
  const declined = { bought: false, because: { kind: 'paymentDeclined', reason: 'no' } } as const
  await store.transaction((tx) => decideById(tx, order.id, { bought: true }, now))
  await store.transaction((tx) => decideById(tx, order.id, declined, now))
  await store.transaction((tx) => decideById(tx, 'order-unknown', declined, now))
  expect(await findOrder(store, order.id)).toMatchObject({ status: 'paid', endReason: null })
  const records = await store.events.readOutbox({ limit: 1_000 })
  await store.events.deleteOutbox(records)
  expect(records.map(({ topic, key }) => [topic, key])).toEqual([['orders.paid', order.id]])
})

test('an order that was decided before there were events is announced by recovery, once', async () => {
  const { order } = await newOrder({ id: ordinarySeed(6).id, quantity: 1 }, 'card')
  await fulfil(scopeCrashingAt(undefined), order)
  await relay()
  await store
    .updateTable('orders')
    .set({ next_step_at: new Date(0) })
    .where('id', '=', order.id)
    .execute()
  await recoverOrders(scopeCrashingAt(undefined))
  await recoverOrders(scopeCrashingAt(undefined))
  expect(await relay()).toEqual([`orders.paid ${order.id}`])
})
