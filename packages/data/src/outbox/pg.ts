import type { Pool, PoolClient, QueryResult } from 'pg'

import type { OutboxDriver } from './create-outbox.ts'
import { guardedClient } from './guarded-client.ts'
import { onPostgres } from './postgres-driver.ts'

export { createOutbox, type DriverOutbox, type OutboxDriver, type OutboxOptions } from './create-outbox.ts'

/** A connection of `pg` within a transaction: `begin` has been run on it, `commit` has not yet. */
export type PgTransaction = Pick<PoolClient, 'query'>

/**
 * Outbox and inbox through a `pg` pool.
 *
 * @example
 * import { createOutbox, type OutboxOptions, pgDriver } from '@holon/data/outbox-pg'
 * import type { Pool, PoolClient } from 'pg'
 *
 * export async function place(pool: Pool, client: PoolClient, options: OutboxOptions): Promise<void> {
 *   const outbox = await createOutbox(pgDriver(pool), options)
 *   await client.query('begin')
 *   await outbox.publish(client, orders.events.placed, { orderId: 'o-1', totalCents: 420 })
 *   await client.query('commit')
 * }
 */
export function pgDriver(pool: Pool): OutboxDriver<PgTransaction> {
  return onPostgres<PgTransaction>({
    async run(tx, statement, parameters) {
      const result: QueryResult<Record<string, unknown>> = await (tx ?? pool).query(statement, [...parameters])
      return { rows: result.rows, affected: result.rowCount ?? 0 }
    },
    async transaction(work, { signal } = {}) {
      const { client, end } = guardedClient(await pool.connect())
      try {
        await client.query('begin')
        const result = await work(client)
        end()
        await client.query('commit')
        client.release()
        return result
      } catch (error) {
        end()
        await giveBack(client, signal?.aborted === true)
        throw error
      }
    },
  })
}

/** A connection that may still be executing something, or that cannot roll back, is closed; the server then rolls back. */
async function giveBack(client: PoolClient, busy: boolean): Promise<void> {
  if (busy) return client.release(true)
  try {
    await client.query('rollback')
    client.release()
  } catch {
    client.release(true)
  }
}
