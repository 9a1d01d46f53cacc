import { Category, Product } from '@shop/app/services/catalog/contract.ts'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

import { newPerson } from '../../support/shop-client.ts'
import type { ShopUnderTest } from './shop-api.ts'

// With stock: once inventory has told of it, every product says how many there are.
const Stocked = Product.extend({ stock: z.int().min(0) })
const Page = z.object({ items: z.array(Stocked), nextCursor: z.string().nullable() })
const Home = z.object({
  featured: z.array(Stocked).min(1),
  categories: z.array(Category).min(6),
  newArrivals: z.array(Stocked).min(1),
  recommendations: z.array(Stocked),
  reviews: z.array(z.object({ productName: z.string(), rating: z.int(), text: z.string() })).min(1),
})
const ProductPage = z.object({
  product: Stocked,
  related: z.array(Stocked).min(1),
  reviews: z.array(z.unknown()),
  averageRating: z.number().nullable(),
})

export function describeBrowsing({ shop, api }: ShopUnderTest): void {
  const listAll = async (filter: Record<string, string>): Promise<z.output<typeof Stocked>[]> => {
    const products: z.output<typeof Stocked>[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const search: string = new URLSearchParams({ ...filter, ...(cursor !== '' && { cursor }) }).toString()
      const page: z.output<typeof Page> = Page.parse((await api()(`GET /products?${search}`)).body)
      products.push(...page.items)
      cursor = page.nextCursor
    }
    return products
  }

  describe('browsing', () => {
    test('pages through every product exactly once', async () => {
      const products = await listAll({ limit: '40' })
      expect(products.length).toBeGreaterThanOrEqual(300)
      expect(new Set(products.map(({ id }) => id)).size).toBe(products.length)
    })

    test('filters by category and by words', async () => {
      const { items } = z.object({ items: z.array(Category) }).parse((await api()('GET /categories')).body)
      const category = items[0]
      const products = await listAll({ category: category?.id ?? '', limit: '100' })
      expect(products).toHaveLength(category?.count ?? -1)
      const [word = ''] = products[0]?.name.split(' ') ?? []
      const found = await listAll({ query: word, category: category?.id ?? '', limit: '100' })
      expect(found.map(({ id }) => id)).toContain(products[0]?.id)
    })

    test('shows one product, and 404 for none', async () => {
      const [product] = await listAll({ limit: '100' })
      const shown = await api()(`GET /products/${product?.id ?? ''}`)
      expect(Stocked.parse(shown.body)).toEqual(product)
      expect(await api()('GET /products/p-none')).toMatchObject({ status: 404, body: { code: 'not_found' } })
    })

    test('gives the storefront each page with one request', async () => {
      const home = Home.parse((await api()('GET /home')).body)
      const page = await api()(`GET /pages/product/${home.featured[0]?.id ?? ''}`)
      expect(ProductPage.parse(page.body).product.id).toBe(home.featured[0]?.id)
      const { token } = await newPerson(api())
      expect((await api()('GET /home', { token })).status).toBe(200)
    })

    test('serves pictures, and the storefront at every path of its own', async () => {
      const home = Home.parse((await api()('GET /home')).body)
      const picture = await fetch(`${shop().url}${home.featured[0]?.imageUrl ?? ''}`)
      expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/svg+xml'])
      for (const path of ['/', '/cart', '/orders/order_1']) {
        const page = await fetch(`${shop().url}${path}`, { headers: { accept: 'text/html,*/*' } })
        expect(page.headers.get('content-type')).toContain('text/html')
        expect(await page.text()).toContain('<div id="root"')
      }
    })

    test('reaches nothing that is not exposed', async () => {
      for (const route of [
        'GET /inventory',
        'POST /inventory/levels',
        'GET /orders.audit',
        'POST /payments',
      ] as const) {
        expect((await api()(route)).status).toBe(404)
      }
      const document = (await (await fetch(`${shop().url}/openapi.json`)).json()) as { paths: Record<string, unknown> }
      expect(Object.keys(document.paths).toSorted()).toEqual([
        '/api/.well-known/jwks.json',
        '/api/accounts',
        '/api/cart',
        '/api/cart/items/{productId}',
        '/api/categories',
        '/api/home',
        '/api/mails',
        '/api/me',
        '/api/orders',
        '/api/orders/{id}',
        '/api/orders/{id}/events',
        '/api/pages/product/{id}',
        '/api/products',
        '/api/products/{id}',
        '/api/products/{id}/reviews',
        '/api/sign-in',
      ])
    })

    test('is ready and alive, and documented', async () => {
      for (const path of ['/livez', '/readyz', '/docs']) expect((await fetch(`${shop().url}${path}`)).status).toBe(200)
    })
  })
}
