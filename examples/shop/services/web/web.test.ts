import { afterAll, beforeAll, expect, test } from 'vitest'

import { ordinarySeed } from '../../testing/seeds.ts'
import { startTestShop, type TestShop } from '../../testing/test-shop.ts'
import { catalog } from '../catalog/contract.ts'
import catalogService from '../catalog/service.ts'
import { web } from './contract.ts'

/** The real catalog, except that what pages can do without never answers. */
const halfCatalog = {
  ...catalogService,
  operations: {
    ...catalogService.operations,
    reviews: () => new Promise(() => {}),
    related: () => Promise.reject(new Error('broken')),
    latestReviews: () => new Promise(() => {}),
  },
}

const withHalfCatalog = { instead: { catalog: () => Promise.resolve({ default: halfCatalog }) } }

let shop: TestShop
let halfShop: TestShop
beforeAll(async () => {
  ;[shop, halfShop] = await Promise.all([startTestShop(), startTestShop(withHalfCatalog)])
})
afterAll(() => Promise.all([shop.close(), halfShop.close()]))

test('the front page is one request', async () => {
  const page = await shop.client(web).home()
  expect(page.featured).toHaveLength(8)
  expect(page.newArrivals).toHaveLength(8)
  expect(page.categories.length).toBeGreaterThan(5)
  expect(page.recommendations).toEqual([])
  expect(page.reviews).not.toBeNull()
})

test("a product's page is one request", async () => {
  const [product] = (await shop.client(catalog).list({ limit: 1 })).items
  const page = await shop.client(web).productPage({ id: product?.id ?? '' })
  expect(page.product).toEqual(product)
  expect(page.related).toHaveLength(8)
  expect(page.reviews).not.toBeNull()
})

test('the page of a product that does not exist is not found', async () => {
  await expect(shop.client(web).productPage({ id: 'p-none' })).rejects.toMatchObject({ code: 'not_found' })
})

test('pages come without what is broken or hangs', async () => {
  const [home, page] = await Promise.all([
    halfShop.client(web).home(),
    halfShop.client(web).productPage({ id: ordinarySeed(0).id }),
  ])
  expect(home).toMatchObject({ reviews: null, recommendations: [] })
  expect(home.featured).toHaveLength(8)
  expect(page).toMatchObject({ product: { id: ordinarySeed(0).id }, related: null, reviews: null, averageRating: null })
})
