import { describe, expect, test } from 'vitest'

import { newPerson } from '../../support/shop-client.ts'
import type { ShopUnderTest } from './shop-api.ts'

export function describeRush({ api }: ShopUnderTest): void {
  describe('a rush', () => {
    test('of fifty customers on the last ten items of a product sells exactly ten', async () => {
      const productId = 'p-0008'
      const buy = async (quantity: number): Promise<number> => {
        const { token } = await newPerson(api())
        await api()(`PUT /cart/items/${productId}`, { token, body: { quantity } })
        return (await api()('POST /orders', { token, body: { paymentMethod: 'card' } })).status
      }
      const stock = async (): Promise<number> =>
        ((await api()(`GET /products/${productId}`)).body as { stock: number }).stock
      for (let left = await stock(); left > 10;) {
        const quantity = Math.min(left - 10, 99)
        expect(await buy(quantity)).toBe(201)
        left -= quantity
        await expect.poll(stock, { timeout: 20_000 }).toBe(left)
      }
      // They come in a few at a time (signing up is made expensive on purpose); the rush is for the goods.
      const people: Awaited<ReturnType<typeof newPerson>>[] = []
      while (people.length < 50) people.push(...(await Promise.all(Array.from({ length: 5 }, () => newPerson(api())))))
      await Promise.all(
        people.map(({ token }) => api()(`PUT /cart/items/${productId}`, { token, body: { quantity: 1 } })),
      )
      const answers = await Promise.all(
        people.map(({ token }) => {
          // The payment provider is out of order now and then, and a busy machine is late; customers press the button
          // again, with the same key.
          const place = async (triesLeft: number): ReturnType<ReturnType<typeof api>> => {
            const answer = await api()('POST /orders', {
              token,
              body: { paymentMethod: 'card' },
              idempotencyKey: token.slice(-40),
            })
            return answer.status >= 500 && triesLeft > 0 ? place(triesLeft - 1) : answer
          }
          return place(9)
        }),
      )
      const sold = answers.filter(({ status }) => status === 201)
      const refused = answers.filter(({ status }) => status === 409)
      expect([sold.length, refused.length]).toEqual([10, 40])
      for (const { body } of refused) expect(body).toMatchObject({ failure: 'outOfStock', data: { available: 0 } })
      await expect.poll(stock, { timeout: 20_000 }).toBe(0)
    })
  })
}
