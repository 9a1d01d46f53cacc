import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import type { Item, Review } from './operations.ts'

const folder = join(import.meta.dirname, '../../examples/shop/catalog-data')

interface ProductFile {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly category: string
  readonly priceCents: number
  readonly stock: number
  readonly imageUrl: string
  readonly createdAt: string
  readonly tags: readonly string[]
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(folder, name), 'utf8'))
}

interface CategoryEntry {
  id: string
  name: string
  description: string
  imageUrl: string
  count: number
}

/** What the catalog keeps in memory: the shop's own data, in the orders that its pages ask for. */
export interface CatalogData {
  readonly byId: ReadonlyMap<string, Item>
  readonly featured: readonly Item[]
  readonly newest: readonly Item[]
  readonly categories: readonly CategoryEntry[]
  readonly tagsOf: ReadonlyMap<string, ReadonlySet<string>>
  readonly reviewsOf: ReadonlyMap<string, readonly Review[]>
  readonly goodReviews: readonly Review[]
}

function toItem({ id, name, description, category, priceCents, imageUrl }: ProductFile): Item {
  return { id, name, description, category, price: { currency: 'EUR', amountCents: priceCents }, imageUrl }
}

export function loadCatalog(): CatalogData {
  const products = read('products.json') as readonly ProductFile[]
  const byId = new Map(products.map((product) => [product.id, toItem(product)]))
  const items = (chosen: readonly ProductFile[]): readonly Item[] => chosen.map((product) => toItem(product))
  const reviews = (read('reviews.json') as readonly Omit<Review, 'productName'>[])
    .map(({ productId, author, rating, text, createdAt }) => {
      return { productId, productName: byId.get(productId)?.name ?? '', author, rating, text, createdAt }
    })
    .toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
  const reviewsOf = Map.groupBy(reviews, ({ productId }) => productId)
  const score = ({ id }: ProductFile): number => {
    const own = reviewsOf.get(id) ?? []
    return (15 + own.reduce((sum, { rating }) => sum + rating, 0)) / (5 + own.length)
  }
  const categories = read('categories.json') as readonly Omit<CategoryEntry, 'count'>[]
  return {
    byId,
    featured: items(products.toSorted((a, b) => score(b) - score(a))),
    newest: items(products.toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1))),
    categories: categories.map((category) => ({
      ...category,
      count: products.filter((product) => product.category === category.id).length,
    })),
    tagsOf: new Map(products.map(({ id, tags, category }) => [id, new Set([...tags, category])])),
    reviewsOf,
    goodReviews: reviews.filter(({ rating }) => rating >= 4),
  }
}

/** Plenty of each, so that no run sells out. */
export function loadStock(): Map<string, number> {
  return new Map((read('products.json') as readonly ProductFile[]).map(({ id, stock }) => [id, 1_000_000_000 + stock]))
}
