import { isRecord } from '@holon/contract'
import { loadOptional } from '@holon/contract/optional-package'
import type { SQL } from 'drizzle-orm'
import type { NodePgQueryResultHKT } from 'drizzle-orm/node-postgres'
import type { PgDatabase } from 'drizzle-orm/pg-core'
import type { PoolClient } from 'pg'

import { postgresDialect } from '../events/dialects.ts'
import type { SqlValue } from '../events/event-sql.ts'
import type { OutboxDriver } from './create-outbox.ts'
import { guardedClient } from './guarded-client.ts'
import { onPostgres } from './postgres-driver.ts'

const { sql } = await loadOptional(() => import('drizzle-orm'), {
  part: "The outbox driver 'drizzle'",
  packages: ['drizzle-orm'],
  resolve: (name) => import.meta.resolve(name),
})

export { createOutbox, type DriverOutbox, type OutboxDriver, type OutboxOptions } from './create-outbox.ts'

/** What `drizzle(pool)` gives, and what `db.transaction` hands to its callback, whatever the schema. */
export type DrizzleDatabase = Pick<PgDatabase<NodePgQueryResultHKT>, 'execute'>

/** What a service has as its database: also begins transactions. */
export interface DrizzleRoot extends DrizzleDatabase {
  transaction<T>(work: (tx: DrizzleDatabase) => Promise<T>): Promise<T>
}

/**
 * Outbox and inbox through Drizzle on `drizzle-orm/node-postgres`.
 *
 * @example
 * import { createOutbox, drizzleDriver, type DrizzleRoot, type OutboxOptions } from '@holon/data/outbox-drizzle'
 *
 * export async function place(db: DrizzleRoot, options: OutboxOptions): Promise<void> {
 *   const outbox = await createOutbox(drizzleDriver(db), options)
 *   await db.transaction(async (tx) => {
 *     await outbox.publish(tx, orders.events.placed, { orderId: 'o-1', totalCents: 420 })
 *   })
 * }
 */
export function drizzleDriver(db: DrizzleRoot): OutboxDriver<DrizzleDatabase> {
  return onPostgres<DrizzleDatabase>(
    {
      async run(tx, statement, parameters) {
        const { rows, rowCount } = await (tx ?? db).execute(toDrizzle(statement, parameters))
        return { rows, affected: rowCount ?? 0 }
      },
      transaction: (work) =>
        db.transaction(async (tx) => {
          const end = guard(tx)
          try {
            return await work(tx)
          } finally {
            end()
          }
        }),
    },
    // Drizzle numbers the parameters itself.
    { ...postgresDialect, text: (statement) => statement },
  )
}

/** All statements of a transaction, its commit and rollback too, take the connection from its session. */
function guard(tx: DrizzleDatabase): () => void {
  const session: unknown = Reflect.get(tx, 'session')
  const client = isRecord(session) ? session['client'] : undefined
  if (!isRecord(session) || !isClient(client))
    throw new Error('drizzleDriver needs a database of drizzle-orm/node-postgres on a pg Pool.')
  const guarded = guardedClient(client)
  session['client'] = guarded.client
  return guarded.end
}

function isClient(client: unknown): client is PoolClient {
  return typeof client === 'object' && client !== null && 'query' in client && 'release' in client
}

function toDrizzle(statement: string, parameters: readonly SqlValue[]): SQL {
  const parts = statement.split('?').flatMap((part, index) => {
    const text = sql.raw(part)
    return index === 0 ? [text] : [sql.param(parameters[index - 1]), text]
  })
  return sql.join(parts)
}
