import { readFile } from 'node:fs/promises'

import type { SqlStore, Tx } from 'holon/sqlite'
import { z } from 'zod'

import { Currency } from '../../shared/money.ts'
import type { CatalogDb } from './catalog-db.ts'

const Text = z.string().min(1)
const SeedCategories = z.array(z.object({ id: Text, name: Text, description: z.string(), imageUrl: Text }))
const SeedProducts = z.array(
  z.object({
    id: Text,
    name: Text,
    description: Text,
    category: Text,
    priceCents: z.int().min(0),
    currency: Currency,
    imageUrl: Text,
    createdAt: z.iso.datetime(),
    tags: z.array(Text),
  }),
)
const SeedReviews = z.array(
  z.object({ productId: Text, author: Text, rating: z.int(), text: Text, createdAt: z.iso.datetime() }),
)

/** Fills an empty catalog from the files in `folder`. Replicas that start together wait for each other. */
export async function seedCatalog(store: SqlStore<CatalogDb>, folder: URL): Promise<void> {
  const isFilled = (queries: Pick<SqlStore<CatalogDb>, 'selectFrom'>): Promise<unknown> =>
    queries.selectFrom('products').select('id').limit(1).executeTakeFirst()
  if (await isFilled(store)) return
  const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(new URL(name, folder), 'utf8'))
  const categories = SeedCategories.parse(await read('categories.json'))
  const products = SeedProducts.parse(await read('products.json'))
  const reviews = SeedReviews.parse(await read('reviews.json'))
  await store.transaction(async (tx) => {
    if (await isFilled(tx)) return
    await insertCategories(tx, categories)
    await insertProducts(tx, products)
    const rows = reviews.map(({ productId, createdAt, ...review }) => ({
      ...review,
      product_id: productId,
      created_at: createdAt,
    }))
    await inChunks(rows, (chunk) => tx.insertInto('reviews').values(chunk).execute())
  })
}

async function insertCategories(tx: Tx<CatalogDb>, categories: z.output<typeof SeedCategories>): Promise<void> {
  const rows = categories.map(({ imageUrl, ...category }, position) => ({ ...category, position, image_url: imageUrl }))
  await inChunks(rows, (chunk) => tx.insertInto('categories').values(chunk).execute())
}

async function insertProducts(tx: Tx<CatalogDb>, products: z.output<typeof SeedProducts>): Promise<void> {
  const rows = products.map(({ id, name, description, category, priceCents, imageUrl, createdAt }) => ({
    id,
    name,
    description,
    category,
    price_cents: priceCents,
    image_url: imageUrl,
    created_at: createdAt,
  }))
  const tags = products.flatMap(({ id, tags }) => [...new Set(tags)].map((tag) => ({ product_id: id, tag })))
  const words = products.map(({ id, name, description, category, tags }) => ({
    product_id: id,
    name,
    description,
    category,
    tags: tags.join(' '),
  }))
  await inChunks(rows, (chunk) => tx.insertInto('products').values(chunk).execute())
  await inChunks(tags, (chunk) => tx.insertInto('product_tags').values(chunk).execute())
  await inChunks(words, (chunk) => tx.insertInto('product_search').values(chunk).execute())
}

/** A statement of sqlite takes 32 766 parameters at most. */
async function inChunks<Row>(rows: readonly Row[], insert: (chunk: Row[]) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < rows.length; start += 1_000) await insert(rows.slice(start, start + 1_000))
}
