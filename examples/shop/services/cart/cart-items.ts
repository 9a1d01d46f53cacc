import { fail } from 'holon'
import type { Queries, Tx } from 'holon/postgres'
import { sql } from 'kysely'

import type { CartDb } from './cart-db.ts'
import { cart, mostLines } from './contract.ts'

export interface CartLine {
  readonly productId: string
  readonly quantity: number
}

export function listItems(store: Queries<CartDb>, accountId: string): Promise<CartLine[]> {
  return store
    .selectFrom('cart_items')
    .select(['product_id as productId', 'quantity'])
    .where('account_id', '=', accountId)
    .orderBy('added_at')
    .orderBy('product_id')
    .execute()
}

export async function setItem(
  tx: Tx<CartDb>,
  { accountId, productId, quantity, now }: CartLine & { readonly accountId: string; readonly now: Date },
): Promise<void> {
  // Two browser tabs could otherwise each find room for one more line.
  await sql`select pg_advisory_xact_lock(hashtextextended(${accountId}, 0))`.execute(tx)
  const others = await tx
    .selectFrom('cart_items')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('product_id', '!=', productId)
    .executeTakeFirstOrThrow()
  if (others.count >= mostLines) throw fail(cart.operations.setItem, 'cartFull')
  await tx
    .insertInto('cart_items')
    .values({ account_id: accountId, product_id: productId, quantity, added_at: now })
    .onConflict((same) => same.columns(['account_id', 'product_id']).doUpdateSet({ quantity }))
    .execute()
}

export async function removeItem(store: Queries<CartDb>, accountId: string, productId: string): Promise<void> {
  await store.deleteFrom('cart_items').where('account_id', '=', accountId).where('product_id', '=', productId).execute()
}

export interface OrderedLines {
  readonly accountId: string
  readonly orderId: string
  readonly lines: readonly CartLine[]
  readonly now: Date
}

/** Takes out the quantities that were ordered. The receipt commits together with them, so it happens once. */
export async function takeOrdered(tx: Tx<CartDb>, { accountId, orderId, lines, now }: OrderedLines): Promise<void> {
  const receipt = await tx
    .insertInto('taken_orders')
    .values({ order_id: orderId, taken_at: now })
    .onConflict((same) => same.column('order_id').doNothing())
    .executeTakeFirstOrThrow()
  if (receipt.numInsertedOrUpdatedRows !== 1n) return
  await sql`select pg_advisory_xact_lock(hashtextextended(${accountId}, 0))`.execute(tx)
  for (const { productId, quantity } of lines) {
    await tx
      .deleteFrom('cart_items')
      .where('account_id', '=', accountId)
      .where('product_id', '=', productId)
      .where('quantity', '<=', quantity)
      .execute()
    await tx
      .updateTable('cart_items')
      .set((row) => ({ quantity: row('quantity', '-', quantity) }))
      .where('account_id', '=', accountId)
      .where('product_id', '=', productId)
      .execute()
  }
}
