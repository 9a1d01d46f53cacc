import type { OutputOf } from 'holon'
import type { Queries } from 'holon/sqlite'

import type { inventory } from '../inventory/contract.ts'
import type { CatalogDb } from './catalog-db.ts'

// What can be bought is decided by inventory alone; this is what it told last, a moment ago. Good enough to look at, and
// there also while inventory is not.

type StockChanged = OutputOf<(typeof inventory)['events']['stockChanged']['definition']['data']>

/** Keeps what inventory has told, unless something newer is known: it may be told again, and late. */
export async function keepStockLevel(
  store: Queries<CatalogDb>,
  { productId, available, version }: StockChanged,
): Promise<void> {
  await store
    .insertInto('stock_levels')
    .values({ product_id: productId, available, version })
    .onConflict((known) =>
      known.column('product_id').doUpdateSet({ available, version }).where('stock_levels.version', '<', version),
    )
    .execute()
}

/** How many of these products can be bought, as far as it has been told. */
export async function stockLevelsOf(
  store: Queries<CatalogDb>,
  productIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (productIds.length === 0) return new Map()
  const rows = await store
    .selectFrom('stock_levels')
    .select(['product_id', 'available'])
    .where('product_id', 'in', productIds)
    .execute()
  return new Map(rows.map((row) => [row.product_id, row.available]))
}
