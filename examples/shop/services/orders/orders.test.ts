import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { wellBehaved } from '../../payment-provider/mischief.ts'
import { ordinarySeed, type Seed } from '../../testing/seeds.ts'
import { startTestShop, type TestShop } from '../../testing/test-shop.ts'
import { cart } from '../cart/contract.ts'
import { inventory } from '../inventory/contract.ts'
import { toProviderAmount } from '../payments/provider-money.ts'
import { shipping } from '../shipping/contract.ts'
import { type Order, orders, OrderStatus, type OrderStep } from './contract.ts'
import { canBecome } from './order.ts'

const [one, two, three, four, five, six] = [0, 1, 2, 3, 4, 5].map(ordinarySeed) as [Seed, Seed, Seed, Seed, Seed, Seed]

let shop: TestShop
let accounts = 0
beforeAll(async () => {
  shop = await startTestShop()
})
afterAll(() => shop.close())
afterEach(() => {
  shop.provider.rates = wellBehaved
})

/** A new customer with a cart. */
async function customer(quantities: Readonly<Record<string, number>> = { [one.id]: 1 }) {
  const id = `account-${(accounts += 1)}`
  const own = { cart: shop.client(cart, id), orders: shop.client(orders, id) }
  for (const [productId, quantity] of Object.entries(quantities)) await own.cart.setItem({ productId, quantity })
  return own
}

async function stockOf(productId: string): Promise<number | undefined> {
  const { stock } = await shop.client(inventory).audit()
  const row = stock.find((one) => one.productId === productId)
  return row && row.onHand - row.reserved
}

const charged = (orderId: string) => shop.provider.charges.find(orderId)

describe('placing an order', () => {
  test('sells the goods, takes the money and empties the cart', async () => {
    const buyer = await customer({ [one.id]: 2, [two.id]: 1 })
    const before = await stockOf(one.id)
    const order = await buyer.orders.place({ paymentMethod: 'card' })
    expect(order).toMatchObject({ status: 'paid', totalCents: 2 * one.priceCents + two.priceCents, currency: 'EUR' })
    expect(order.items).toMatchObject([
      { productId: one.id, quantity: 2, unitCents: one.priceCents, lineCents: 2 * one.priceCents },
      { productId: two.id, quantity: 1, unitCents: two.priceCents, lineCents: two.priceCents },
    ])
    expect(await stockOf(one.id)).toBe((before ?? 0) - 2)
    expect(charged(order.id)).toMatchObject({
      state: 'SETTLED',
      amount: toProviderAmount(order.totalCents, 'EUR'),
    })
    await expect.poll(async () => (await buyer.cart.get()).items).toEqual([])
    expect(await buyer.orders.get({ id: order.id })).toEqual({ ...order, status: expect.any(String) })
  })

  test('of an empty cart is refused', async () => {
    const buyer = await customer({})
    await expect(buyer.orders.place({ paymentMethod: 'card' })).rejects.toMatchObject({
      failure: { name: 'cartEmpty' },
    })
  })

  test('with a card that is declined ends cancelled: nothing reserved, nothing charged, the cart as it was', async () => {
    const buyer = await customer({ [three.id]: 2 })
    const before = await stockOf(three.id)
    await expect(buyer.orders.place({ paymentMethod: 'card-declined' })).rejects.toMatchObject({
      failure: { name: 'paymentDeclined', data: { reason: 'insufficient funds' } },
    })
    const [order] = (await buyer.orders.list()).items
    expect(order).toMatchObject({ status: 'cancelled' })
    expect(charged(order?.id ?? '')).toMatchObject({ state: 'REFUSED' })
    await expect.poll(() => stockOf(three.id)).toBe(before)
    expect((await buyer.cart.get()).items).toMatchObject([{ productId: three.id, quantity: 2 }])
  })

  test('of more than there is ends cancelled, saying what is left, and charges nothing', async () => {
    const left = await stockOf(four.id)
    const buyer = await customer({ [four.id]: (left ?? 0) + 1 })
    await expect(buyer.orders.place({ paymentMethod: 'card' })).rejects.toMatchObject({
      failure: { name: 'outOfStock', data: { productId: four.id, requested: (left ?? 0) + 1, available: left } },
    })
    const [order] = (await buyer.orders.list()).items
    expect(order).toMatchObject({ status: 'cancelled' })
    expect(charged(order?.id ?? '')).toBeUndefined()
    expect(await stockOf(four.id)).toBe(left)
  })

  test('by fifty customers at the same time, of the last ten items: exactly ten are sold', async () => {
    const product = five.id
    const stock = (await stockOf(product)) ?? 0
    const hoarder = await customer({ [product]: stock - 10 })
    await hoarder.orders.place({ paymentMethod: 'invoice' })
    const buyers = await Promise.all(Array.from({ length: 50 }, () => customer({ [product]: 1 })))
    const outcomes = await Promise.allSettled(buyers.map((buyer) => buyer.orders.place({ paymentMethod: 'card' })))
    const sold = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    expect(sold).toHaveLength(10)
    expect(sold.map(({ id }) => charged(id)?.state)).toEqual(sold.map(() => 'SETTLED'))
    expect(await stockOf(product)).toBe(0)
  })
})

describe('the Idempotency-Key', () => {
  test('makes one order of many requests, at the same time and later', async () => {
    const buyer = await customer()
    const place = () => buyer.orders.place({ paymentMethod: 'card' }, { idempotencyKey: 'k-1' })
    const answers = await Promise.all(Array.from({ length: 8 }, place))
    answers.push(await place())
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect((await buyer.orders.list()).items).toHaveLength(1)
  })

  test('repeats a refusal too', async () => {
    const buyer = await customer()
    const place = () => buyer.orders.place({ paymentMethod: 'card-declined' }, { idempotencyKey: 'k-1' })
    const refusals = await Promise.all(
      [place, place].map((request) => request().catch((error: unknown) => JSON.stringify(error))),
    )
    refusals.push(await place().catch((error: unknown) => JSON.stringify(error)))
    expect(new Set(refusals).size).toBe(1)
    expect(refusals[0]).toContain('paymentDeclined')
    expect((await buyer.orders.list()).items).toHaveLength(1)
  })

  test('of another request is refused', async () => {
    const buyer = await customer()
    await buyer.orders.place({ paymentMethod: 'card' }, { idempotencyKey: 'k-1' })
    const other = buyer.orders.place({ paymentMethod: 'invoice' }, { idempotencyKey: 'k-1' })
    await expect(other).rejects.toMatchObject({ failure: { name: 'keyReused' } })
  })

  test('is one customer’s own', async () => {
    const [one, two] = [await customer(), await customer()]
    const first = await one.orders.place({ paymentMethod: 'card' }, { idempotencyKey: 'same' })
    const second = await two.orders.place({ paymentMethod: 'card' }, { idempotencyKey: 'same' })
    expect(second.id).not.toBe(first.id)
  })
})

test('while the provider is down an order waits; it is completed by the customer who repeats, or by recovery', async () => {
  shop.provider.rates = { slow: 0, failBefore: 1, dropAfter: 0 }
  const [patient, impatient] = [await customer(), await customer()]
  const place = (buyer: typeof patient) => buyer.orders.place({ paymentMethod: 'card' }, { idempotencyKey: 'k' })
  const failures = await Promise.all([patient, impatient].map((buyer) => place(buyer).catch((error: unknown) => error)))
  for (const failure of failures) expect(failure).toMatchObject({ code: 'unavailable', retryable: true })
  shop.provider.rates = wellBehaved
  expect(await place(impatient)).toMatchObject({ status: 'paid' })
  const status = async () => (await patient.orders.list()).items[0]?.status
  await expect.poll(status, { timeout: 20_000, interval: 200 }).toBe('paid')
})

describe('a cart', () => {
  test('that is checked out several times at once, without any key, is bought once', async () => {
    const buyer = await customer({ [one.id]: 1, [two.id]: 2 })
    const before = await stockOf(one.id)
    const answers = await Promise.all(Array.from({ length: 8 }, () => buyer.orders.place({ paymentMethod: 'card' })))
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
    expect((await buyer.orders.list()).items).toHaveLength(1)
    expect(await stockOf(one.id)).toBe((before ?? 0) - 1)
  })

  test('that another key has bought gives that order to this key, too, for good', async () => {
    const buyer = await customer()
    const place = (idempotencyKey: string) => buyer.orders.place({ paymentMethod: 'card' }, { idempotencyKey })
    const [first, second] = await Promise.all([place('k-1'), place('k-2')])
    expect(second.id).toBe(first.id)
    await expect.poll(async () => (await buyer.cart.get()).items).toEqual([])
    expect((await place('k-2')).id).toBe(first.id)
  })

  test('whose payment was declined can be bought another way', async () => {
    const buyer = await customer()
    await expect(buyer.orders.place({ paymentMethod: 'card-declined' })).rejects.toMatchObject({
      failure: { name: 'paymentDeclined' },
    })
    expect(await buyer.orders.place({ paymentMethod: 'invoice' })).toMatchObject({ status: 'paid' })
  })

  test('that is filled again is another order', async () => {
    const buyer = await customer()
    const first = await buyer.orders.place({ paymentMethod: 'card' })
    await buyer.cart.setItem({ productId: two.id, quantity: 1 })
    const second = await buyer.orders.place({ paymentMethod: 'card' })
    expect(second.id).not.toBe(first.id)
  })
})

describe('orders', () => {
  test('are seen by their customer alone', async () => {
    const [mine, other] = [await customer(), await customer()]
    const { id } = await mine.orders.place({ paymentMethod: 'card' })
    await expect(other.orders.get({ id })).rejects.toMatchObject({ code: 'not_found' })
    expect((await other.orders.list()).items).toEqual([])
  })

  test('are listed newest first, each once over all pages', async () => {
    const buyer = await customer({})
    const placed: string[] = []
    for (let n = 0; n < 5; n += 1) {
      await buyer.cart.setItem({ productId: six.id, quantity: 1 })
      placed.unshift((await buyer.orders.place({ paymentMethod: 'card' })).id)
    }
    const listed: Order[] = []
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await buyer.orders.list({ limit: 2, ...(cursor && { cursor }) })
      listed.push(...page.items)
      cursor = page.nextCursor
    }
    expect(listed.map(({ id }) => id)).toEqual(placed)
  })

  test('are followed step by step until they are delivered, by their customer alone', async () => {
    const [buyer, other] = [await customer(), await customer()]
    const { id } = await buyer.orders.place({ paymentMethod: 'card' })
    const steps: OrderStep[] = []
    for await (const step of buyer.orders.follow({ id })) steps.push(step)
    expect(steps.map(({ status }) => status)).toEqual(['pending', 'paid', 'packed', 'shipped', 'delivered'])
    expect(steps.map(({ at }) => at)).toEqual(steps.map(({ at }) => at).toSorted())
    expect(steps.map(({ trackingCode }) => trackingCode !== null)).toEqual([false, false, true, true, true])
    expect(await buyer.orders.get({ id })).toMatchObject({ status: 'delivered' })
    // Whoever comes late is told everything at once.
    const again: OrderStep[] = []
    for await (const step of buyer.orders.follow({ id })) again.push(step)
    expect(again).toEqual(steps)
    const foreign = other.orders.follow({ id })[Symbol.asyncIterator]()
    await expect(foreign.next()).rejects.toMatchObject({ code: 'not_found' })
  })

  test('that are cancelled are sent to nobody, and following them ends at once', async () => {
    const buyer = await customer()
    await buyer.orders.place({ paymentMethod: 'card-declined' }).catch(() => {})
    const [cancelled] = (await buyer.orders.list()).items
    const steps: string[] = []
    for await (const { status } of buyer.orders.follow({ id: cancelled?.id ?? '' })) steps.push(status)
    expect(steps).toEqual(['pending', 'cancelled'])
    const { parcels } = await shop.client(shipping).audit()
    expect(parcels.some(({ orderId }) => orderId === cancelled?.id)).toBe(false)
  })
})

test('a status only ever moves forward, and an ended order stays ended', () => {
  const moves = OrderStatus.options.flatMap((from) =>
    OrderStatus.options.filter((to) => canBecome(from, to)).map((to) => `${from} to ${to}`),
  )
  expect(moves).toEqual([
    'pending to paid',
    'pending to cancelled',
    'paid to packed',
    'packed to shipped',
    'shipped to delivered',
  ])
})
