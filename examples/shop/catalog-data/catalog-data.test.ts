import { readFileSync } from 'node:fs'

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

/** The ids of the things that are not as they should be, so that a failure names them. */
const not = <Thing extends { id: string }>(things: Thing[], good: (thing: Thing) => boolean): string[] =>
  things.filter((thing) => !good(thing)).map(({ id }) => id)

const distinct = (values: string[]): number => new Set(values).size

test('there are enough products, in about a dozen categories', () => {
  expect(products.length).toBeGreaterThanOrEqual(320)
  expect(categories.length).toBeGreaterThanOrEqual(12)
  const countIn = (id: string): number => products.filter(({ category }) => category === id).length
  expect(not(categories, ({ id }) => countIn(id) >= 20)).toEqual([])
})

test('ids, names and descriptions are unique and ids are safe in an address', () => {
  expect(distinct(products.map(({ id }) => id))).toBe(products.length)
  expect(distinct(products.map(({ name }) => name))).toBe(products.length)
  expect(distinct(products.map(({ description }) => description))).toBe(products.length)
  expect(not(products, ({ id }) => /^[a-z0-9-]+$/.test(id))).toEqual([])
})

test('every product has a known category, a price, stock, a date and a real description', () => {
  const known = new Set(categories.map(({ id }) => id))
  expect(not(products, ({ category }) => known.has(category))).toEqual([])
  expect(not(products, ({ priceCents }) => Number.isSafeInteger(priceCents) && priceCents > 0)).toEqual([])
  expect(not(products, ({ stock }) => Number.isSafeInteger(stock) && stock >= 0)).toEqual([])
  expect(not(products, ({ currency }) => currency === 'EUR')).toEqual([])
  expect(not(products, ({ createdAt }) => new Date(createdAt).toISOString() === createdAt)).toEqual([])
  expect(not(products, ({ description }) => description.length > 40)).toEqual([])
})

test('every product and category has its picture, small and without anything that runs', () => {
  const things = [...products, ...categories]
  const svg = /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox=/
  expect(not(things, ({ imageUrl }) => /^\/images\/[a-z0-9-]+\.svg$/.test(imageUrl))).toEqual([])
  expect(not(things, (thing) => svg.test(pictureOf(thing)))).toEqual([])
  expect(not(things, (thing) => !/script|href|style|undefined|NaN/.test(pictureOf(thing)))).toEqual([])
  expect(not(things, (thing) => pictureOf(thing).length < 5_000)).toEqual([])
})

test('the committed pictures are what generate-pictures.ts draws', () => {
  const drawn = new Map<string, number>()
  const drawNext = (product: StoredProduct): string => {
    const kind = product.tags[0] ?? ''
    const nth = drawn.get(kind) ?? 0
    drawn.set(kind, nth + 1)
    return drawProduct(product, nth)
  }
  expect(not(products, (product) => drawNext(product) === pictureOf(product))).toEqual([])
})

test('reviews are about products that exist and were written after these were new', () => {
  const born = new Map(products.map(({ id, createdAt }) => [id, createdAt]))
  expect(reviews.length).toBeGreaterThanOrEqual(150)
  expect(distinct(reviews.map(({ id }) => id))).toBe(reviews.length)
  expect(distinct(reviews.map(({ text }) => text))).toBe(reviews.length)
  expect(not(reviews, ({ productId, createdAt }) => createdAt > (born.get(productId) ?? '9'))).toEqual([])
  expect(not(reviews, ({ rating }) => [1, 2, 3, 4, 5].includes(rating))).toEqual([])
  expect(not(reviews, ({ author }) => author !== '')).toEqual([])
})
