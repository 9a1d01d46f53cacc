import fc from 'fast-check'
import { isServiceError } from 'holon'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

import { ordinarySeed, seeds } from '../../testing/seeds.ts'
import { startTestShop, type TestShop } from '../../testing/test-shop.ts'
import { inventory } from '../inventory/contract.ts'
import { catalog, type Product } from './contract.ts'

let shop: TestShop
beforeAll(async () => {
  shop = await startTestShop({ only: ['catalog', 'inventory'] })
  // Inventory tells of all stock when it first starts.
  await vi.waitFor(isFilled, { timeout: 10_000 })
})
afterAll(() => shop.close())

async function isFilled(): Promise<void> {
  if ((await listAll({ limit: 100 })).some(({ stock }) => stock === null)) throw new Error('Some stock is unknown.')
}

type Filter = Parameters<ReturnType<typeof client>['list']>[0]
const client = () => shop.client(catalog)

async function listAll(filter: Filter): Promise<Product[]> {
  const products: Product[] = []
  let cursor: string | null | undefined
  do {
    const page = await client().list({ ...filter, ...(cursor && { cursor }) })
    products.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return products
}

describe('listing', () => {
  test.each(['relevance', 'newest', 'cheapest', 'dearest'] as const)(
    'by %s, page by page, shows each product exactly once, with its stock',
    async (sort) => {
      const products = await listAll({ sort, limit: 50 })
      expect(products.map(({ id }) => id).toSorted()).toEqual(seeds.map(({ id }) => id).toSorted())
      const stock = new Map(seeds.map((seed) => [seed.id, seed.stock]))
      for (const product of products) expect(product.stock).toBe(stock.get(product.id))
    },
  )

  test('pages of any size, of any filter, add up to the same list', async () => {
    const filters = fc.record({
      limit: fc.integer({ min: 1, max: 100 }),
      query: fc.constantFrom('', 'kettle', 'a', 'steel bottle', 'w'),
      category: fc.constantFrom('', 'kitchen', 'garden'),
      sort: fc.constantFrom('relevance' as const, 'newest' as const, 'cheapest' as const, 'dearest' as const),
    })
    await fc.assert(
      fc.asyncProperty(filters, async (filter) => {
        const paged = await listAll({ ...filter, limit: Math.max(filter.limit, 10) })
        const whole = await listAll({ ...filter, limit: 100 })
        expect(paged.map(({ id }) => id)).toEqual(whole.map(({ id }) => id))
        expect(new Set(paged.map(({ id }) => id)).size).toBe(paged.length)
      }),
      { numRuns: 25 },
    )
  })

  test('by price is in the order of prices', async () => {
    const prices = (await listAll({ sort: 'dearest', limit: 100 })).map(({ price }) => price.amountCents)
    expect(prices).toEqual(prices.toSorted((a, b) => b - a))
  })

  test('of a category has that category only', async () => {
    const kitchen = await listAll({ category: 'kitchen', limit: 100 })
    expect(kitchen).toHaveLength(seeds.filter(({ category }) => category === 'kitchen').length)
    expect(new Set(kitchen.map(({ category }) => category))).toEqual(new Set(['kitchen']))
  })

  test('of an unknown category is empty', async () => {
    expect(await client().list({ category: 'submarines' })).toEqual({ items: [], nextCursor: null })
  })
})

describe('searching', () => {
  test('finds by name first, by stems, by beginnings and without accents', async () => {
    for (const query of ['kettle', 'KETTLES', 'kettl']) {
      const { items } = await client().list({ query })
      expect(items[0]?.name.toLowerCase()).toContain('kettle')
    }
    expect((await client().list({ query: 'boucle' })).items[0]?.name).toContain('Bouclé')
  })

  test('finds only what has all words', async () => {
    const both = await listAll({ query: 'enamel kettle', limit: 100 })
    const one = await listAll({ query: 'kettle', limit: 100 })
    expect(both.length).toBeGreaterThan(0)
    expect(both.length).toBeLessThan(one.length)
  })

  test('whatever people type is an answer, never an error', async () => {
    const known = fc.constantFrom(
      '"',
      'NEAR(',
      'AND',
      'OR',
      'NOT',
      'name:kettle',
      '*',
      '^',
      '-',
      ')',
      "'; drop table products; --",
      '\u0000',
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(known, fc.string({ unit: 'grapheme', maxLength: 12 })), { maxLength: 6 }),
        async (parts) => {
          const { items } = await client().list({ query: parts.join(' ').slice(0, 200), limit: 1 })
          expect(items.length).toBeLessThanOrEqual(1)
        },
      ),
    )
  })

  test('for nothing but punctuation finds nothing', async () => {
    expect(await client().list({ query: '!?' })).toEqual({ items: [], nextCursor: null })
  })
})

describe('a cursor', () => {
  test.each(['nonsense', '', 'e30', Buffer.from('{"filter":"x","key":0,"id":"p"}').toString('base64url')])(
    'that this list did not make is refused: %j',
    async (cursor) => {
      await expect(client().list({ cursor })).rejects.toMatchObject({
        code: 'invalid_argument',
        issues: [{ path: ['cursor'] }],
      })
    },
  )

  test('of another filter is refused', async () => {
    const { nextCursor } = await client().list({ category: 'kitchen', limit: 1 })
    const call = client().list({ category: 'garden', limit: 1, cursor: nextCursor ?? '' })
    await expect(call).rejects.toMatchObject({ code: 'invalid_argument' })
  })
})

test('the categories count all products', async () => {
  const { items } = await client().categories()
  expect(items.reduce((sum, { count }) => sum + count, 0)).toBe(seeds.length)
  expect(items.length).toBeGreaterThan(5)
})

test('one product, and none', async () => {
  const seed = ordinarySeed(0)
  expect(await client().get({ id: seed.id })).toMatchObject({
    id: seed.id,
    name: seed.name,
    price: { currency: 'EUR', amountCents: seed.priceCents },
    stock: seed.stock,
  })
  const missing = await client()
    .get({ id: 'p-none' })
    .catch((error: unknown) => error)
  expect(isServiceError(missing) && missing.code).toBe('not_found')
})

test('related products are others, the most alike first', async () => {
  const seed = ordinarySeed(0)
  const { items } = await client().related({ ids: [seed.id], limit: 5 })
  expect(items).toHaveLength(5)
  expect(items.map(({ id }) => id)).not.toContain(seed.id)
})

test('starting again changes nothing, also in a second process', async () => {
  const before = await listAll({ limit: 100 })
  await shop.startReplica(['catalog', 'inventory'])
  expect(await listAll({ limit: 100 })).toEqual(before)
})

describe('the stock that is shown', () => {
  const id = ordinarySeed(1).id
  const shownBy = async (of: TestShop) => (await of.client(catalog).get({ id })).stock

  test('follows inventory, and nothing older than what is known', async () => {
    const tell = (available: number, version: number) =>
      shop.publish(inventory.events.stockChanged, { productId: id, available, version })
    await tell(7, 1_000)
    await expect.poll(() => shownBy(shop)).toBe(7)
    await tell(9, 999)
    await tell(7, 1_000)
    await tell(6, 1_001)
    await expect.poll(() => shownBy(shop)).toBe(6)
  })

  test('is unknown before inventory has told of it, and needs no inventory that runs', async () => {
    const alone = await startTestShop({ only: ['catalog'] })
    try {
      expect(await shownBy(alone)).toBeNull()
      await alone.publish(inventory.events.stockChanged, { productId: id, available: 3, version: 1 })
      await expect.poll(() => shownBy(alone)).toBe(3)
    } finally {
      await alone.close()
    }
  })
})
