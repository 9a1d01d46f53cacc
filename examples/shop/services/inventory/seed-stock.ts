import { readFile } from 'node:fs/promises'

import { z } from 'zod'

import type { InventoryStore } from './inventory-db.ts'
import { tellNewStock } from './stock.ts'

const Stocked = z.array(z.object({ id: z.string(), stock: z.int().min(0) }))

/** Takes delivery of the products that it has no record of yet: all of them on the first start, none later. */
export async function seedStock(store: InventoryStore, file: URL): Promise<void> {
  const products = Stocked.parse(JSON.parse(await readFile(file, 'utf8')))
  await store.transaction(async (tx) => {
    await tx
      .insertInto('stock')
      .values(products.map(({ id, stock }) => ({ product_id: id, at_start: stock, on_hand: stock })))
      .onConflict((conflict) => conflict.column('product_id').doNothing())
      .execute()
    await tellNewStock(tx)
  })
}
