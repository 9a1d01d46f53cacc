import { readBooks } from '@shop/app/demo/books.ts'
import { describe, expect, test } from 'vitest'

import { probeBadInput } from '../../support/bad-input.ts'
import type { OpenApi } from '../../support/sample-input.ts'
import { newPerson } from '../../support/shop-client.ts'
import type { ShopUnderTest } from './shop-api.ts'

export function describeBadInput({ shop, api }: ShopUnderTest): void {
  describe('bad input', () => {
    test('to any public operation is answered with a problem document, crashes nothing and stores nothing', async () => {
      const document = (await (await fetch(`${shop().url}/openapi.json`)).json()) as OpenApi
      const { token } = await newPerson(api())
      const books = { data: shop().data }
      const before = [await readBooks(books), await restartsOf()]
      const { probes, complaints } = await probeBadInput({ baseUrl: shop().url, document, token })
      expect(complaints).toEqual([])
      expect(probes).toBeGreaterThan(300)
      expect([await readBooks(books), await restartsOf()]).toEqual(before)
      expect((await api()('GET /cart', { token })).body).toMatchObject({ items: [] })
      expect((await api()('GET /orders', { token })).body).toMatchObject({ items: [] })
    }, 300_000)

    test('of shapes that only the shop knows is refused too', async () => {
      const { token } = await newPerson(api())
      for (const quantity of [0, -1, 1.5, 100, 1e300, '2', null]) {
        const refused = await api()('PUT /cart/items/p-0001', { token, body: { quantity } })
        expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_argument' } })
        expect(JSON.stringify(refused.body)).toContain('"pointer":"#/quantity"')
      }
      for (const search of ['limit=0', 'limit=101', 'limit=x', 'cursor=nonsense', 'sort=random', 'unknown=1']) {
        expect((await api()(`GET /products?${search}`)).status).toBe(400)
      }
    })
  })

  async function restartsOf(): Promise<number> {
    const { groups } = await shop().status()
    return groups.flatMap(({ instances }) => instances).reduce((sum, { restarts }) => sum + restarts, 0)
  }
}
