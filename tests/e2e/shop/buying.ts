import { Cart } from '@shop/app/services/cart/contract.ts'
import { Order } from '@shop/app/services/orders/contract.ts'
import { describe, expect, test } from 'vitest'

import { newPerson, type Person } from '../../support/shop-client.ts'
import type { ShopUnderTest } from './shop-api.ts'

/** What follows from an order arrives a moment later. */
const timeout = 20_000

export function describeBuying({ api }: ShopUnderTest): void {
  const cartOf = async ({ token }: Person): Promise<Cart> => Cart.parse((await api()('GET /cart', { token })).body)
  const stockOf = async (id: string): Promise<number> =>
    ((await api()(`GET /products/${id}`)).body as { stock: number }).stock
  const put = ({ token }: Person, id: string, quantity: number) =>
    api()(`PUT /cart/items/${id}`, { token, body: { quantity } })

  describe('the cart', () => {
    test('adds up, changes and empties', async () => {
      const person = await newPerson(api())
      expect(await cartOf(person)).toEqual({ items: [], totalCents: 0, currency: 'EUR' })
      await put(person, 'p-0001', 2)
      const cart = Cart.parse((await put(person, 'p-0002', 1)).body)
      expect(cart.items.map(({ productId, quantity }) => [productId, quantity])).toEqual([
        ['p-0001', 2],
        ['p-0002', 1],
      ])
      expect(cart.totalCents).toBe(cart.items.reduce((sum, { quantity, unitCents }) => sum + quantity * unitCents, 0))
      expect(await cartOf(person)).toEqual(cart)
      const { token } = person
      expect((await api()('DELETE /cart/items/p-0001', { token })).status).toBe(200)
      expect((await cartOf(person)).items).toMatchObject([{ productId: 'p-0002' }])
      expect((await put(person, 'p-none', 1)).status).toBe(404)
    })
  })

  describe('an order', () => {
    test('sells what is in the cart', async () => {
      const person = await newPerson(api())
      await put(person, 'p-0003', 2)
      const [cart, before] = [await cartOf(person), await stockOf('p-0003')]
      const { token } = person
      const placed = await api()('POST /orders', { token, body: { paymentMethod: 'card' } })
      expect(placed.status).toBe(201)
      const order = Order.parse(placed.body)
      expect(order).toMatchObject({ status: 'paid', totalCents: cart.totalCents, currency: 'EUR' })
      await expect.poll(() => stockOf('p-0003'), { timeout }).toBe(before - 2)
      await expect.poll(async () => (await cartOf(person)).items, { timeout }).toEqual([])
      // It may have been packed since.
      const same = { ...order, status: expect.stringMatching(/^(paid|packed|shipped|delivered)$/) }
      expect((await api()(`GET /orders/${order.id}`, { token })).body).toEqual(same)
      expect((await api()('GET /orders', { token })).body).toEqual({ items: [same], nextCursor: null })
    })

    test('is its customer’s own', async () => {
      const [mine, other] = [await newPerson(api()), await newPerson(api())]
      await put(mine, 'p-0001', 1)
      const placed = await api()('POST /orders', { token: mine.token, body: { paymentMethod: 'invoice' } })
      const { id } = Order.parse(placed.body)
      expect((await api()(`GET /orders/${id}`, { token: other.token })).status).toBe(404)
    })

    test('with a declined card leaves cart and stock as they were', async () => {
      const person = await newPerson(api())
      await put(person, 'p-0006', 1)
      const [cart, before] = [await cartOf(person), await stockOf('p-0006')]
      const { token } = person
      const refused = await api()('POST /orders', { token, body: { paymentMethod: 'card-declined' } })
      expect(refused).toMatchObject({ status: 409, body: { failure: 'paymentDeclined' } })
      expect(refused.headers.get('content-type')).toContain('application/problem+json')
      const { orderId } = (refused.body as { data: { orderId: string } }).data
      expect((await api()(`GET /orders/${orderId}`, { token })).body).toMatchObject({ status: 'cancelled' })
      await expect.poll(() => stockOf('p-0006'), { timeout }).toBe(before)
      expect(await cartOf(person)).toEqual(cart)
    })

    test('of an empty cart is refused', async () => {
      const { token } = await newPerson(api())
      const refused = await api()('POST /orders', { token, body: { paymentMethod: 'card' } })
      expect(refused).toMatchObject({ status: 409, body: { failure: 'cartEmpty' } })
    })

    test('is one, however often its request is repeated with the same Idempotency-Key', async () => {
      const person = await newPerson(api())
      await put(person, 'p-0001', 1)
      const { token } = person
      const place = () => api()('POST /orders', { token, body: { paymentMethod: 'card' }, idempotencyKey: 'once' })
      const answers = [...(await Promise.all([place(), place(), place(), place()])), await place()]
      expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201])
      const idOf = ({ body }: { readonly body: unknown }): string => Order.parse(body).id
      expect(new Set(answers.map(idOf)).size).toBe(1)
      const { items } = (await api()('GET /orders', { token })).body as { items: Order[] }
      expect(items.map(({ id }) => id)).toEqual(answers.slice(0, 1).map(idOf))
      const other = await api()('POST /orders', { token, body: { paymentMethod: 'invoice' }, idempotencyKey: 'once' })
      expect(other).toMatchObject({ status: 409, body: { failure: 'keyReused' } })
    })
  })
}
