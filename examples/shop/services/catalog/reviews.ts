import type { Queries } from 'holon/sqlite'

import type { CatalogDb } from './catalog-db.ts'
import type { Review } from './contract.ts'

export interface ProductReviews {
  readonly items: Review[]
  readonly averageRating: number | null
  readonly count: number
}

export async function reviewsOf(
  store: Queries<CatalogDb>,
  { id, limit }: { readonly id: string; readonly limit: number },
): Promise<ProductReviews> {
  const items = await selectReviews(store).where('product_id', '=', id).limit(limit).execute()
  const summary = await store
    .selectFrom('reviews')
    .select(({ fn }) => [fn.countAll<number>().as('count'), fn.avg<number | null>('rating').as('averageRating')])
    .where('product_id', '=', id)
    .executeTakeFirstOrThrow()
  return { items, ...summary }
}

export function latestGoodReviews(store: Queries<CatalogDb>, limit: number): Promise<Review[]> {
  return selectReviews(store).where('rating', '>=', 4).limit(limit).execute()
}

function selectReviews(store: Queries<CatalogDb>) {
  return store
    .selectFrom('reviews')
    .innerJoin('products', 'products.id', 'reviews.product_id')
    .select(['product_id as productId', 'products.name as productName', 'author', 'rating', 'text'])
    .select('reviews.created_at as createdAt')
    .orderBy('reviews.created_at', 'desc')
}
