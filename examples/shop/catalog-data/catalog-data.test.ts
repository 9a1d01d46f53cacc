import { readFileSync, statSync } from 'node:fs'

import { expect, test } from 'vitest'

import { drawProduct } from './pictures/picture.ts'

interface StoredProduct {
  id: string
  name: string
  description: string
  category: string
  priceCents: number
  currency: string
  stock: number
  imageUrl: string
  createdAt: string
  tags: string[]
}

interface StoredReview {
  id: string
  productId: string
  author: string
  rating: number
  text: string
  createdAt: string
}

const here = (name: string): URL => new URL(name, import.meta.url)
const read = (name: string): unknown => JSON.parse(readFileSync(here(name), 'utf8'))

const products = read('products.json') as StoredProduct[]
const categories = read('categories.json') as { id: string; name: string; imageUrl: string }[]
const reviews = read('reviews.json') as StoredReview[]

const pictureOf = ({ imageUrl }: { imageUrl: string }): string => readFileSync(here(`.${imageUrl}`), 'utf8')

test('there are enough products, in about a dozen categories', () => {
  expect(products.length).toBeGreaterThanOrEqual(320)
  expect(categories.length).toBeGreaterThanOrEqual(12)
  for (const { id } of categories) {
    expect(products.filter(({ category }) => category === id).length, id).toBeGreaterThanOrEqual(20)
  }
})

test('ids, names and descriptions are unique and ids are safe in an address', () => {
  for (const field of ['id', 'name', 'description'] as const) {
    expect(new Set(products.map((product) => product[field])).size, field).toBe(products.length)
  }
  for (const { id } of products) expect(id).toMatch(/^[a-z0-9-]+$/)
})

test('every product has a known category, a price, stock, a date and a real description', () => {
  const known = new Set(categories.map(({ id }) => id))
  for (const product of products) {
    expect(known, product.id).toContain(product.category)
    expect(Number.isSafeInteger(product.priceCents) && product.priceCents > 0, product.id).toBe(true)
    expect(Number.isSafeInteger(product.stock) && product.stock >= 0, product.id).toBe(true)
    expect(product.currency).toBe('EUR')
    expect(new Date(product.createdAt).toISOString()).toBe(product.createdAt)
    expect(product.description.length, product.id).toBeGreaterThan(40)
  }
})

test('every product and category has its picture, small and without anything that runs', () => {
  for (const thing of [...products, ...categories]) {
    expect(thing.imageUrl).toMatch(/^\/images\/[a-z0-9-]+\.svg$/)
    const picture = pictureOf(thing)
    expect(picture, thing.id).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox=/)
    expect(picture, thing.id).not.toMatch(/script|href|style|undefined|NaN/)
    expect(statSync(here(`.${thing.imageUrl}`)).size, thing.id).toBeLessThan(5_000)
  }
})

test('the committed pictures are what the script draws', () => {
  const drawn = new Map<string, number>()
  for (const product of products) {
    const kind = product.tags[0] ?? ''
    const nth = drawn.get(kind) ?? 0
    drawn.set(kind, nth + 1)
    expect(drawProduct(product, nth), `${product.id}: run generate-pictures.ts`).toBe(pictureOf(product))
  }
})

test('reviews are about products that exist and were written after these were new', () => {
  const born = new Map(products.map(({ id, createdAt }) => [id, createdAt]))
  expect(reviews.length).toBeGreaterThanOrEqual(150)
  expect(new Set(reviews.map(({ id }) => id)).size).toBe(reviews.length)
  expect(new Set(reviews.map(({ text }) => text)).size).toBe(reviews.length)
  for (const review of reviews) {
    expect(review.createdAt > (born.get(review.productId) ?? '9'), review.id).toBe(true)
    expect([1, 2, 3, 4, 5], review.id).toContain(review.rating)
    expect(review.author).not.toBe('')
  }
})
