import { type Client, defineService, ServiceError } from 'holon'
import { postgres, type Queries } from 'holon/postgres'

import { accountOf } from '../../shared/account-of.ts'
import { currency } from '../../shared/money.ts'
import { catalog } from '../catalog/contract.ts'
import type { CartDb } from './cart-db.ts'
import { listItems, removeItem, setItem, takeOrdered } from './cart-items.ts'
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
      await removeItem(ctx.store, accountId, productId)
      return loadCart(ctx, accountId)
    },

    takeOrdered: (order, { store, platform, signal }) =>
      store.transaction((tx) => takeOrdered(tx, { ...order, now: new Date(platform.now()) }), { signal }),
  },
})

interface CartScope {
  readonly store: Queries<CartDb>
  readonly catalog: Client<typeof catalog>
}

/** The stored lines with the catalog's names and prices, asked for all at once. Without prices there is no cart to show. */
async function loadCart({ store, catalog }: CartScope, accountId: string): Promise<Cart> {
  const lines = await listItems(store, accountId)
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
