import { type CallOptions, type Client, defineService, type Identity } from 'holon'

import { catalog, type Product } from '../catalog/contract.ts'
import { orders } from '../orders/contract.ts'
import { web } from './contract.ts'
import { optionalPart } from './optional-part.ts'

export default defineService(web, {
  uses: { catalog, orders },
  operations: {
    async home(_input, ctx) {
      const [featured, newest, categories, recommendations, reviews] = await Promise.all([
        ctx.catalog.popular({ limit: 8 }),
        ctx.catalog.list({ sort: 'newest', limit: 8 }),
        ctx.catalog.categories(),
        optionalPart(ctx.log, 'recommendations', (options) => recommend(ctx, options)),
        optionalPart(ctx.log, 'reviews', (options) => ctx.catalog.latestReviews({ limit: 6 }, options)),
      ])
      return {
        featured: featured.items,
        newArrivals: newest.items,
        categories: categories.items,
        recommendations,
        reviews: reviews && reviews.items,
      }
    },

    async productPage({ id }, ctx) {
      const [product, related, reviews] = await Promise.all([
        ctx.catalog.get({ id }),
        optionalPart(ctx.log, 'related products', (options) => ctx.catalog.related({ ids: [id], limit: 8 }, options)),
        optionalPart(ctx.log, 'reviews', (options) => ctx.catalog.reviews({ id, limit: 20 }, options)),
      ])
      return {
        product,
        related: related && related.items,
        reviews: reviews && reviews.items,
        averageRating: reviews && reviews.averageRating,
      }
    },
  },
})

interface RecommendScope {
  readonly catalog: Client<typeof catalog>
  readonly orders: Client<typeof orders>
  readonly identity: Identity | undefined
}

/** What goes with the last orders of who is signed in; for others, and first-time buyers, nothing. */
async function recommend({ catalog, orders, identity }: RecommendScope, options: CallOptions): Promise<Product[]> {
  if (identity === undefined) return []
  const recent = await orders.list({ limit: 3 }, options)
  const ids = [...new Set(recent.items.flatMap(({ items }) => items.map(({ productId }) => productId)))]
  if (ids.length === 0) return []
  return (await catalog.related({ ids: ids.slice(0, 50), limit: 8 }, options)).items
}
