import { readFileSync } from 'node:fs'

import type { Category, Product, Review } from '../src/api/answers.ts'

interface StoredProduct extends Omit<Product, 'price'> {
  priceCents: number
  currency: Product['price']['currency']
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
  // The files of the shop's own data, here and below.
  const stored = read('products.json') as StoredProduct[]
  const products = stored.map(({ priceCents, currency, ...product }) => ({
    ...product,
    price: { currency, amountCents: priceCents },
  }))
  const byId = new Map(products.map((product) => [product.id, product]))
  const newest = stored
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
    .flatMap((product) => byId.get(product.id) ?? [])
  // See above.
  const categories = (read('categories.json') as Omit<Category, 'count'>[]).map((category) => ({
    ...category,
    count: stored.filter((product) => product.category === category.id).length,
  }))
  // See above.
  return { products, newest, categories, reviews: read('reviews.json') as Catalogue['reviews'] }
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../catalog-data/${name}`, import.meta.url), 'utf8'))
}
