import { ServiceError } from 'holon'
import { z } from 'zod'

/** The input fields of every operation that answers page by page. */
export const pageInput = {
  limit: z.int().min(1).max(100).default(24),
  cursor: z.string().max(1_000).optional(),
}

/** One page; `nextCursor` asks for the next one and is null on the last. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

/** Turns the place where a page ended into text that means nothing to clients. */
export function toCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/** Reads a cursor back. One that this list did not make is the caller's mistake. */
export function parseCursor<Place extends z.ZodType>(place: Place, cursor: string): z.output<Place> {
  const parsed = place.safeParse(decode(cursor))
  if (parsed.success) return parsed.data
  const message = 'is not a cursor of this list; take nextCursor from its last page, with the same filter'
  throw new ServiceError('invalid_argument', `The cursor ${message}.`, { issues: [{ path: ['cursor'], message }] })
}

/** Cuts what was read, one more than `limit`, into a page. */
export function toPage<Row>(
  rows: readonly Row[],
  { limit, placeOf }: { readonly limit: number; readonly placeOf: (last: Row) => unknown },
): { items: Row[]; nextCursor: string | null } {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last !== undefined ? toCursor(placeOf(last)) : null }
}

function decode(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
