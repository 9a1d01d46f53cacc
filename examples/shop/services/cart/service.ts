import { type Client, defineService, ServiceError } from 'holon'
import { postgres, type SqlStore } from 'holon/postgres'

import { accountOf } from '../../shared/account-of.ts'
import { currency } from '../../shared/money.ts'
import { catalog } from '../catalog/contract.ts'
import { orders } from '../orders/contract.ts'
import type { CartDb } from './cart-db.ts'
import { type CartLine, listItems, removeItem, setItem, takeOrdered, versionOf } from './cart-items.ts'
import { type Cart, cart } from './contract.ts'

export default defineService(cart, {
  uses: { catalog },
  store: postgres<CartDb>({ migrations: new URL('./migrations', import.meta.url) }),
  operations: {
    get: (_input, ctx) => loadCart(ctx, accountOf(ctx)),

    async setItem({ productId, quantity }, ctx) {
      const accountId = accountOf(ctx)
      const { items } = await ctx.catalog.byIds({ ids: [productId] })
      if (items.length === 0) throw new ServiceError('not_found', `There is no product ${productId}.`)
      const now = new Date(ctx.platform.now())
      await ctx.store.transaction((tx) => setItem(tx, { accountId, productId, quantity, now }), { signal: ctx.signal })
      return loadCart(ctx, accountId)
    },

    async removeItem({ productId }, ctx) {
      const accountId = accountOf(ctx)
      await ctx.store.transaction((tx) => removeItem(tx, accountId, productId), { signal: ctx.signal })
      return loadCart(ctx, accountId)
    },

    async checkout(_input, ctx) {
      const accountId = accountOf(ctx)
      // Of one moment: a version that is newer than its lines would let a line be bought twice.
      const { lines, version } = await ctx.store.transaction(
        async (tx) => ({ version: await versionOf(tx, accountId), lines: await listItems(tx, accountId) }),
        { isolation: 'repeatable read', readOnly: true, signal: ctx.signal },
      )
      return { ...(await toCart(ctx, lines)), version }
    },
  },

  subscriptions: (on) => [on(orders.events.paid, (order, ctx) => takeOrdered(ctx.tx, order))],
})

interface CartScope {
  readonly store: SqlStore<CartDb>
  readonly catalog: Client<typeof catalog>
}

async function loadCart(scope: CartScope, accountId: string): Promise<Cart> {
  return toCart(scope, await listItems(scope.store, accountId))
}

/** The stored lines with the catalog's names and prices, asked for all at once. Without prices there is no cart to show. */
async function toCart({ catalog }: Pick<CartScope, 'catalog'>, lines: readonly CartLine[]): Promise<Cart> {
  const { items: products } = lines.length === 0 ? { items: [] } : await catalog.byIds({ ids: lines.map(idOf) })
  const productById = new Map(products.map((product) => [product.id, product]))
  const items = lines.flatMap(({ productId, quantity }) => {
    const product = productById.get(productId)
    if (product === undefined) return [] // no longer sold
    const { name, imageUrl, stock, price } = product
    const unitCents = price.amountCents
    return [{ productId, name, imageUrl, quantity, unitCents, lineCents: quantity * unitCents, stock }]
  })
  return { items, totalCents: items.reduce((sum, { lineCents }) => sum + lineCents, 0), currency }
}

function idOf({ productId }: { readonly productId: string }): string {
  return productId
}
