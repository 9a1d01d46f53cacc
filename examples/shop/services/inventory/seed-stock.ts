import { readFile } from 'node:fs/promises'

import type { SqlStore } from 'holon/postgres'
import { z } from 'zod'

import type { InventoryDb } from './inventory-db.ts'

const Stocked = z.array(z.object({ id: z.string(), stock: z.int().min(0) }))

/** Takes delivery of the products that it has no record of yet: all of them on the first start, none later. */
export async function seedStock(store: SqlStore<InventoryDb>, file: URL): Promise<void> {
  const products = Stocked.parse(JSON.parse(await readFile(file, 'utf8')))
  await store
    .insertInto('stock')
    .values(products.map(({ id, stock }) => ({ product_id: id, at_start: stock, on_hand: stock })))
    .onConflict((conflict) => conflict.column('product_id').doNothing())
    .execute()
}
