import { fail } from 'holon'
import type { Queries, Tx } from 'holon/postgres'

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

export async function versionOf(store: Queries<CartDb>, accountId: string): Promise<number> {
  const row = await store.selectFrom('carts').select('version').where('account_id', '=', accountId).executeTakeFirst()
  return row?.version ?? 0
}

export async function setItem(
  tx: Tx<CartDb>,
  { accountId, productId, quantity, now }: CartLine & { readonly accountId: string; readonly now: Date },
): Promise<void> {
  // Also locks the cart: two browser tabs could otherwise each find room for one more line.
  const version = await nextVersion(tx, accountId)
  const others = await tx
    .selectFrom('cart_items')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('account_id', '=', accountId)
    .where('product_id', '!=', productId)
    .executeTakeFirstOrThrow()
  if (others.count >= mostLines) throw fail(cart.operations.setItem, 'cartFull')
  await tx
    .insertInto('cart_items')
    .values({ account_id: accountId, product_id: productId, quantity, added_at: now, version })
    .onConflict((same) => same.columns(['account_id', 'product_id']).doUpdateSet({ quantity, version }))
    .execute()
}

export async function removeItem(tx: Tx<CartDb>, accountId: string, productId: string): Promise<void> {
  await nextVersion(tx, accountId)
  await tx.deleteFrom('cart_items').where('account_id', '=', accountId).where('product_id', '=', productId).execute()
}

export interface OrderedCart {
  readonly accountId: string
  /** The version of the cart that was ordered. */
  readonly cartVersion: number
  readonly lines: readonly CartLine[]
}

/** Takes out what was ordered; lines that were set after the checkout stay as they are. */
export async function takeOrdered(tx: Tx<CartDb>, { accountId, cartVersion, lines }: OrderedCart): Promise<void> {
  await nextVersion(tx, accountId)
  const productIds = lines.map(({ productId }) => productId)
  await tx
    .deleteFrom('cart_items')
    .where('account_id', '=', accountId)
    .where('product_id', 'in', productIds)
    .where('version', '<=', cartVersion)
    .execute()
}

async function nextVersion(tx: Tx<CartDb>, accountId: string): Promise<number> {
  const { version } = await tx
    .insertInto('carts')
    .values({ account_id: accountId, version: 1 })
    .onConflict((same) => same.column('account_id').doUpdateSet((row) => ({ version: row('carts.version', '+', 1) })))
    .returning('version')
    .executeTakeFirstOrThrow()
  return version
}
