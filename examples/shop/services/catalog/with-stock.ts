import type { Queries } from 'holon/sqlite'

import { currency } from '../../shared/money.ts'
import type { CatalogDb, ProductRow } from './catalog-db.ts'
import type { Product } from './contract.ts'
import { stockLevelsOf } from './stock-levels.ts'

/** Products as they are shown: with the stock that is known. */
export async function withStock(store: Queries<CatalogDb>, rows: readonly ProductRow[]): Promise<Product[]> {
  const available = await stockLevelsOf(
    store,
    rows.map(({ id }) => id),
  )
  return rows.map(({ id, name, description, category, price_cents, image_url }) => ({
    id,
    name,
    description,
    category,
    price: { currency, amountCents: price_cents },
    stock: available.get(id) ?? null,
    imageUrl: image_url,
  }))
}
