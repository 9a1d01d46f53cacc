import { type Kysely, sql } from 'kysely'

import type { Queries, SqlStore, StoreOf, Tx } from './index.ts'
import type { postgres } from './postgres/index.ts'
import type { sqlite } from './sqlite/index.ts'

interface Db {
  orders: { id: string; total_cents: number }
}

declare const store: StoreOf<ReturnType<typeof postgres<Db>>>
declare const tx: Tx<Db>

async function total(queries: Queries<Db>): Promise<number[]> {
  const rows = await queries.selectFrom('orders').select('total_cents').execute()
  return rows.map((row) => row.total_cents)
}

export async function accepted(): Promise<string> {
  const same: SqlStore<Db> = store
  await total(same)
  await total(tx)
  await sql`select 1`.execute(store)
  const kysely: Kysely<Db> = tx
  await total(kysely)
  const found = await store.transaction(async (inner) => {
    await total(inner)
    return inner.selectFrom('orders').select('id').executeTakeFirstOrThrow()
  })
  const other: StoreOf<ReturnType<typeof sqlite<Db>>> = store
  await other.ping()
  return found.id
}

export async function refused(): Promise<void> {
  // @ts-expect-error no such table
  await store.selectFrom('invoices').selectAll().execute()
  // @ts-expect-error no such column
  await store.selectFrom('orders').select('name').execute()
  // @ts-expect-error the wrong type
  await store.insertInto('orders').values({ id: 1, total_cents: 2 }).execute()
  // @ts-expect-error handlers do not close their store's connections behind its back
  await store.destroy()
  // @ts-expect-error a transaction is asked for with its work, so that it always ends
  store.transaction().execute()
}
