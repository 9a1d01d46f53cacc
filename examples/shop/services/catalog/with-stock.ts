import type { Client } from 'holon'

import { currency } from '../../shared/money.ts'
import type { inventory } from '../inventory/contract.ts'
import type { ProductRow } from './catalog-db.ts'
import type { Product } from './contract.ts'

/** Longer than inventory ever needs, short enough that a page without stock still feels quick. */
const stockTimeoutMs = 1_000

interface StockScope {
  readonly inventory: Client<typeof inventory>
  readonly log: { warn(message: string, fields?: Readonly<Record<string, unknown>>): void }
}

/** Adds what inventory knows, asked once for all products. When it does not answer, products are shown without stock. */
export async function withStock(scope: StockScope, rows: readonly ProductRow[]): Promise<Product[]> {
  const available = await levelsOf(scope, rows)
  return rows.map(({ id, name, description, category, price_cents, image_url }) => ({
    id,
    name,
    description,
    category,
    price: { currency, amountCents: price_cents },
    stock: available && (available.get(id) ?? 0),
    imageUrl: image_url,
  }))
}

async function levelsOf(
  { inventory, log }: StockScope,
  rows: readonly ProductRow[],
): Promise<Map<string, number> | null> {
  if (rows.length === 0) return new Map()
  try {
    const { levels } = await inventory.levels({ productIds: rows.map(({ id }) => id) }, { timeoutMs: stockTimeoutMs })
    return new Map(levels.map(({ productId, available }) => [productId, available]))
  } catch (error) {
    log.warn('products are shown without stock', { error: String(error) })
    return null
  }
}
