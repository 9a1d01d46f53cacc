import { readFileSync } from 'node:fs'

import type { Category, Product, Review } from '../src/api/shapes.ts'

interface StoredProduct extends Omit<Product, 'price'> {
  priceCents: number
  currency: string
  createdAt: string
}

export interface Catalogue {
  products: Product[]
  newest: Product[]
  categories: Category[]
  reviews: (Review & { productId: string })[]
}

/** The shop's product data in the shape of its API. */
export function loadCatalogue(): Catalogue {
  const stored = read<StoredProduct[]>('products.json')
  const products = stored.map(({ priceCents, currency, ...product }) => ({
    ...product,
    price: { currency, amountCents: priceCents },
  }))
  const byId = new Map(products.map((product) => [product.id, product]))
  const newest = stored
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
    .flatMap((product) => byId.get(product.id) ?? [])
  const categories = read<Omit<Category, 'count'>[]>('categories.json').map((category) => ({
    ...category,
    count: stored.filter((product) => product.category === category.id).length,
  }))
  return { products, newest, categories, reviews: read('reviews.json') }
}

function read<Content>(name: string): Content {
  return JSON.parse(readFileSync(new URL(`../../catalog-data/${name}`, import.meta.url), 'utf8')) as Content
}
