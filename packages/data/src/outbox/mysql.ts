import { type Kysely, sql, type Transaction } from 'kysely'

import { endable } from '../ending-transaction.ts'
import { mysqlDialect } from '../events/dialects.ts'
import { kyselyRun } from '../events/kysely-run.ts'
import { integer } from '../events/read-row.ts'
import type { OutboxDriver } from './create-outbox.ts'

export { createOutbox, type DriverOutbox, type OutboxDriver, type OutboxOptions } from './create-outbox.ts'

const lockWaitSeconds = 60

/**
 * After these InnoDB has rolled back the whole transaction, or may have: a lock that was waited for too long (as configured),
 * a deadlock, too many locks, and in MariaDB a row that changed since it was read. What follows would commit by itself.
 */
const endsTransaction: ReadonlySet<unknown> = new Set([1020, 1205, 1206, 1213])

const isEnd = (error: unknown): boolean =>
  error instanceof Error && 'errno' in error && endsTransaction.has(error.errno)

/**
 * Outbox and inbox in MySQL (8 or newer) or MariaDB (10.5 or newer), through Kysely's `MysqlDialect`. These engines have no
 * way to wake other processes: what one process publishes and another one relays may wait for up to 30 seconds.
 *
 * @example
 * import { createOutbox, mysqlDriver, type OutboxOptions } from '@holon/data/outbox-mysql'
 * import type { Kysely } from 'kysely'
 *
 * export async function place(db: Kysely<OrdersDb>, options: OutboxOptions): Promise<void> {
 *   const outbox = await createOutbox(mysqlDriver(db), options)
 *   await db.transaction().execute(async (tx) => {
 *     await tx.insertInto('orders').values({ id: 'o-1', status: 'pending' }).execute()
 *     await outbox.publish(tx, orders.events.placed, { orderId: 'o-1', totalCents: 420 })
 *   })
 * }
 */
export function mysqlDriver<DB>(db: Kysely<DB>): OutboxDriver<Transaction<DB>> {
  return {
    dialect: mysqlDialect,
    run: kyselyRun(db),
    transaction: (work) =>
      db.transaction().execute(async (tx) => {
        const ending = endable(tx.getExecutor(), { isEnd })
        try {
          const result = await work(tx)
          await ending.settle()
          return result
        } finally {
          ending.end()
        }
      }),
    lock: async (tx) => {
      const name = sql<{ locked: unknown }>`select get_lock(concat('holon ', database()), ${lockWaitSeconds}) as locked`
      const { rows } = await name.execute(tx)
      if (!rows[0] || integer(rows[0], 'locked') !== 1)
        throw new Error('Another process keeps the lock of the tables of events.')
      // It belongs to the connection, not to the transaction, whose end comes with the first `create table`.
      return async () => {
        await sql`select release_lock(concat('holon ', database()))`.execute(tx)
      }
    },
  }
}
