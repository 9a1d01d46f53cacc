import { createHash } from 'node:crypto'

import type { Queries } from 'holon/sqlite'
import { type RawBuilder, sql } from 'kysely'
import { z } from 'zod'

import { parseCursor, toPage } from '../../shared/page.ts'
import type { CatalogDb, ProductRow } from './catalog-db.ts'

export interface ProductFilter {
  readonly query: string
  /** Empty: all. */
  readonly category: string
  readonly sort: 'relevance' | 'newest' | 'cheapest' | 'dearest'
  readonly limit: number
  readonly cursor?: string | undefined
}

/** Where a page ended: the sort key and id of its last product, and for which filter that holds. */
const Place = z.object({ filter: z.string(), key: z.number(), id: z.string() })

/** By what products are sorted, smallest first; among equals by id. That makes a place in the list unambiguous. */
const sortKeys = {
  // How much more a word weighs in a name than in a description.
  relevance: sql<number>`bm25(product_search, 0, 10, 5, 3, 1)`,
  newest: sql<number>`-unixepoch(p.created_at)`,
  cheapest: sql<number>`p.price_cents`,
  dearest: sql<number>`-p.price_cents`,
} as const satisfies Record<ProductFilter['sort'], RawBuilder<number>>

/** One page of the products that match, by keyset: products added or sold meanwhile shift nothing. */
export async function searchProducts(
  store: Queries<CatalogDb>,
  filter: ProductFilter,
): Promise<{ items: ProductRow[]; nextCursor: string | null }> {
  const { query, category, sort, limit, cursor } = filter
  const words = toWords(query)
  if (query.trim() !== '' && words.length === 0) return { items: [], nextCursor: null }
  const searched = words.length > 0
  const key = sort === 'relevance' && !searched ? sql`0` : sortKeys[sort]
  const after = cursor === undefined ? undefined : placeOf(cursor, filter)
  const { rows } = await sql<ProductRow & { sort_key: number }>`
    with matches as (
      select p.*, ${key} as sort_key
      from products p ${searched ? sql`join product_search on product_search.product_id = p.id` : sql``}
      where ${searched ? sql`product_search match ${toMatch(words)}` : sql`true`}
        and ${category === '' ? sql`true` : sql`p.category = ${category}`}
    )
    select * from matches
    where ${after ? sql`(sort_key, id) > (${after.key}, ${after.id})` : sql`true`}
    order by sort_key, id
    limit ${limit + 1}
  `.execute(store)
  const page = toPage(rows, {
    limit,
    placeOf: (last) => ({ filter: filterName(filter), key: last.sort_key, id: last.id }),
  })
  return { ...page, items: page.items.map(({ sort_key: _, ...row }) => row) }
}

/** The words of what a person typed; all else (quotes, operators of the query language) only separates them. */
function toWords(query: string): string[] {
  return (query.normalize('NFKC').match(/[\p{L}\p{N}]+/gu) ?? []).slice(0, 10)
}

/** Every word must occur, as a whole or as the beginning of one. Quoted, no word is an operator. */
function toMatch(words: readonly string[]): string {
  return words.map((word) => `"${word}"*`).join(' ')
}

function placeOf(cursor: string, filter: ProductFilter): z.output<typeof Place> {
  return parseCursor(Place.extend({ filter: z.literal(filterName(filter)) }), cursor)
}

/** Equal for filters that list the same products in the same order: a cursor of another list is refused. */
function filterName({ query, category, sort }: ProductFilter): string {
  return createHash('sha256')
    .update(JSON.stringify([toWords(query), category, sort]))
    .digest('base64url')
    .slice(0, 12)
}
