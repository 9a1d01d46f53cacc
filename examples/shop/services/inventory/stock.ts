import type { Queries } from 'holon/postgres'
import { sql } from 'kysely'

import { inventory, type Line } from './contract.ts'
import type { InventoryDb, InventoryTx } from './inventory-db.ts'

/** What a reservation does to the stock of its products, times the quantity of each line. */
export interface StockMove {
  readonly onHand: -1 | 0 | 1
  readonly reserved: -1 | 0 | 1
}

export const moves = {
  hold: { onHand: 0, reserved: 1 },
  unhold: { onHand: 0, reserved: -1 },
  sell: { onHand: -1, reserved: -1 },
  putBack: { onHand: 1, reserved: 0 },
} as const satisfies Record<string, StockMove>

/**
 * Locks the stock of all lines until the transaction ends; resolves to how many of each product can be bought. Always in
 * the order of product ids: two orders for the same two products would otherwise each hold what the other waits for.
 */
export async function lockStock(
  tx: Queries<InventoryDb>,
  lines: readonly Line[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await tx
    .selectFrom('stock')
    .select(['product_id', 'on_hand', 'reserved'])
    .where(
      'product_id',
      'in',
      lines.map(({ productId }) => productId),
    )
    .orderBy('product_id')
    .forUpdate()
    .execute()
  return new Map(rows.map((row) => [row.product_id, row.on_hand - row.reserved]))
}

/** A line that cannot be had. */
export interface Shortage {
  readonly productId: string
  readonly requested: number
  readonly available: number
}

export function findShortage(available: ReadonlyMap<string, number>, lines: readonly Line[]): Shortage | undefined {
  return lines
    .map(({ productId, quantity }) => ({ productId, requested: quantity, available: available.get(productId) ?? 0 }))
    .find((line) => line.available < line.requested)
}

/**
 * Changes the stock of all lines in one statement, and tells it where it changes what can be bought. The rows must be
 * locked: see {@link lockStock}.
 */
export async function moveStock(tx: InventoryTx, lines: readonly Line[], move: StockMove): Promise<void> {
  const productIds = lines.map(({ productId }) => productId)
  const quantities = lines.map(({ quantity }) => quantity)
  const { rows } = await sql<StockLevel>`
    update stock
    set on_hand = on_hand + line.quantity * ${move.onHand},
        reserved = reserved + line.quantity * ${move.reserved},
        version = version + 1
    from unnest(${productIds}::text[], ${quantities}::integer[]) as line (product_id, quantity)
    where stock.product_id = line.product_id
    returning stock.product_id as "productId", on_hand - reserved as available, version
  `.execute(tx)
  if (move.onHand !== move.reserved) await tellStock(tx, rows)
}

/** Tells the stock of products that nobody has been told of yet. */
export async function tellNewStock(tx: InventoryTx): Promise<void> {
  const { rows } = await sql<StockLevel>`
    update stock set version = 1 where version = 0
    returning product_id as "productId", on_hand - reserved as available, version
  `.execute(tx)
  await tellStock(tx, rows)
}

/** Tells the stock of every product again. */
export async function tellAllStock(tx: InventoryTx): Promise<void> {
  const rows = await tx.selectFrom('stock').selectAll().where('version', '>', 0).execute()
  await tellStock(
    tx,
    rows.map((row) => ({ productId: row.product_id, available: row.on_hand - row.reserved, version: row.version })),
  )
}

interface StockLevel {
  readonly productId: string
  readonly available: number
  readonly version: number
}

async function tellStock(tx: InventoryTx, levels: readonly StockLevel[]): Promise<void> {
  await Promise.all(levels.map((level) => tx.publish(inventory.events.stockChanged, level)))
}
