import { defineService, ServiceError } from 'holon'
import { sqlite } from 'holon/sqlite'

import { inventory } from '../inventory/contract.ts'
import type { CatalogDb } from './catalog-db.ts'
import { catalog } from './contract.ts'
import { listCategories, popularProducts, productsByIds, relatedProducts } from './products.ts'
import { latestGoodReviews, reviewsOf } from './reviews.ts'
import { searchProducts } from './search-products.ts'
import { seedCatalog } from './seed-catalog.ts'
import { keepStockLevel } from './stock-levels.ts'
import { withStock } from './with-stock.ts'

export default defineService(catalog, {
  store: sqlite<CatalogDb>({ migrations: new URL('./migrations', import.meta.url) }),
  start: ({ store }) => seedCatalog(store, new URL('../../catalog-data/', import.meta.url)),
  operations: {
    async list(filter, ctx) {
      const { items, nextCursor } = await searchProducts(ctx.store, filter)
      return { items: await withStock(ctx.store, items), nextCursor }
    },

    async get({ id }, ctx) {
      const [product] = await withStock(ctx.store, await productsByIds(ctx.store, [id]))
      if (product === undefined) throw new ServiceError('not_found', `There is no product ${id}.`)
      return product
    },

    byIds: async ({ ids }, ctx) => ({ items: await withStock(ctx.store, await productsByIds(ctx.store, ids)) }),

    related: async (given, ctx) => ({ items: await withStock(ctx.store, await relatedProducts(ctx.store, given)) }),

    popular: async ({ limit }, ctx) => ({ items: await withStock(ctx.store, await popularProducts(ctx.store, limit)) }),

    categories: async (_input, { store }) => ({ items: await listCategories(store) }),

    reviews: (of, { store }) => reviewsOf(store, of),

    latestReviews: async ({ limit }, { store }) => ({ items: await latestGoodReviews(store, limit) }),
  },

  // From the oldest event on: what was told before this catalog first ran counts too.
  subscriptions: (on) => [
    on(inventory.events.stockChanged, (level, ctx) => keepStockLevel(ctx.tx, level), { start: 'all' }),
  ],
})
