import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { ordinarySeed } from '../../testing/seeds.ts'
import { startTestShop, type TestShop } from '../../testing/test-shop.ts'
import { orders } from '../orders/contract.ts'
import { cart, mostLines } from './contract.ts'

let shop: TestShop
let accounts = 0
beforeAll(async () => {
  shop = await startTestShop({ only: ['cart', 'catalog', 'inventory'] })
})
afterAll(() => shop.close())

const newAccount = (): string => `account-${(accounts += 1)}`
const [one, two] = [ordinarySeed(0), ordinarySeed(1)]

describe('a cart', () => {
  test('shows names, prices and totals of this moment', async () => {
    const client = shop.client(cart, newAccount())
    expect(await client.get()).toEqual({ items: [], totalCents: 0, currency: 'EUR' })
    await client.setItem({ productId: one.id, quantity: 2 })
    await expect.poll(async () => (await client.get()).items[0]?.stock).toBe(one.stock)
    const shown = await client.setItem({ productId: two.id, quantity: 1 })
    expect(shown.items[0]).toMatchObject({
      productId: one.id,
      quantity: 2,
      unitCents: one.priceCents,
      lineCents: 2 * one.priceCents,
      stock: one.stock,
    })
    expect(shown.totalCents).toBe(2 * one.priceCents + two.priceCents)
    expect(await client.get()).toEqual(shown)
  })

  test('belongs to its account alone', async () => {
    const [mine, other] = [newAccount(), newAccount()]
    await shop.client(cart, mine).setItem({ productId: one.id, quantity: 2 })
    expect((await shop.client(cart, other).get()).items).toEqual([])
    await expect(shop.client(cart).get()).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  test('changes and drops lines', async () => {
    const client = shop.client(cart, newAccount())
    await client.setItem({ productId: one.id, quantity: 2 })
    expect((await client.setItem({ productId: one.id, quantity: 5 })).items).toMatchObject([{ quantity: 5 }])
    expect((await client.removeItem({ productId: one.id })).items).toEqual([])
    expect((await client.removeItem({ productId: one.id })).items).toEqual([])
  })

  test('takes only products that exist, in sensible numbers', async () => {
    const client = shop.client(cart, newAccount())
    await expect(client.setItem({ productId: 'p-none', quantity: 1 })).rejects.toMatchObject({ code: 'not_found' })
    for (const quantity of [0, -1, 1.5, 100]) {
      await expect(client.setItem({ productId: one.id, quantity })).rejects.toMatchObject({
        code: 'invalid_argument',
      })
    }
  })

  test(`holds ${mostLines} products and no more, also when several come at the same time`, async () => {
    const client = shop.client(cart, newAccount())
    const adding = Array.from({ length: mostLines + 4 }, (_, n) =>
      client.setItem({ productId: ordinarySeed(n).id, quantity: 1 }),
    )
    const refused = (await Promise.allSettled(adding)).filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(4)
    expect((await client.get()).items).toHaveLength(mostLines)
  })
})

describe('what was ordered', () => {
  const line = ({ id, name }: typeof one) => ({ productId: id, name, quantity: 1, lineCents: 1 })
  const paid = (accountId: string, cartVersion: number) =>
    shop.publish(orders.events.paid, {
      orderId: `order-of-${accountId}-${cartVersion}`,
      accountId,
      cartVersion,
      lines: [line(one), line(two)],
      totalCents: 2,
    })

  test('is taken out; what was set since the checkout stays', async () => {
    const accountId = newAccount()
    const client = shop.client(cart, accountId)
    await client.setItem({ productId: one.id, quantity: 2 })
    await client.setItem({ productId: two.id, quantity: 1 })
    const { version, items } = await client.checkout()
    expect(items).toHaveLength(2)
    await client.setItem({ productId: one.id, quantity: 3 })
    await paid(accountId, version)
    await expect.poll(async () => (await client.get()).items).toMatchObject([{ productId: one.id, quantity: 3 }])
  })

  test('changes the version of the cart, as every change does', async () => {
    const accountId = newAccount()
    const client = shop.client(cart, accountId)
    const versions = [(await client.checkout()).version]
    const note = async () => void versions.push((await client.checkout()).version)
    await client.setItem({ productId: one.id, quantity: 2 })
    await note()
    await client.removeItem({ productId: one.id })
    await note()
    await client.setItem({ productId: two.id, quantity: 1 })
    await note()
    await paid(accountId, versions.at(-1) ?? 0)
    await expect.poll(async () => (await client.get()).items).toEqual([])
    await note()
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
    expect(versions).toHaveLength(5)
  })
})
