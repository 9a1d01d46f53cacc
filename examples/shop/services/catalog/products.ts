import type { Queries } from 'holon/sqlite'
import { sql } from 'kysely'

import type { CatalogDb, ProductRow } from './catalog-db.ts'
import type { Category } from './contract.ts'

export async function productsByIds(store: Queries<CatalogDb>, ids: readonly string[]): Promise<ProductRow[]> {
  if (ids.length === 0) return []
  return store.selectFrom('products').selectAll().where('id', 'in', ids).execute()
}

export async function listCategories(store: Queries<CatalogDb>): Promise<Category[]> {
  return store
    .selectFrom('categories')
    .select(['id', 'name', 'description', 'image_url as imageUrl'])
    .select((category) =>
      category
        .selectFrom('products')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .whereRef('products.category', '=', 'categories.id')
        .as('count'),
    )
    .$narrowType<{ count: number }>()
    .orderBy('position')
    .execute()
}

/** What shares tags or the category with `ids`; a shared tag says more than a shared category. */
export async function relatedProducts(
  store: Queries<CatalogDb>,
  { ids, limit }: { readonly ids: readonly string[]; readonly limit: number },
): Promise<ProductRow[]> {
  const { rows } = await sql<ProductRow>`
    with given as (select id, category from products where id in (${sql.join(ids)})),
    scores as (
      select product_id as id, 2 as score from product_tags
      where tag in (select tag from product_tags where product_id in (select id from given))
      union all
      select id, 1 from products where category in (select category from given)
    )
    select products.* from scores join products using (id)
    where id not in (select id from given)
    group by id order by sum(score) desc, id limit ${limit}
  `.execute(store)
  return rows
}

/** Best average rating first. A product with few reviews counts as if it had some middling ones more. */
export async function popularProducts(store: Queries<CatalogDb>, limit: number): Promise<ProductRow[]> {
  const { rows } = await sql<ProductRow>`
    select products.* from products left join reviews on reviews.product_id = products.id
    group by id order by (5 * 3.0 + coalesce(sum(rating), 0)) / (5 + count(rating)) desc, id limit ${limit}
  `.execute(store)
  return rows
}
