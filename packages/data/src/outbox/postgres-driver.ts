import { loadOptional } from '@holon/contract/optional-package'

import { postgresDialect } from '../events/dialects.ts'
import type { Dialect, Signal } from '../events/event-sql.ts'
import type { OutboxDriver, OutboxOptions } from './create-outbox.ts'

/** Any number will do as long as all versions of Holon use the same. Locks are per database, and so per service. */
const eventTablesLock = 4_865_109

/** What drivers of PostgreSQL have in common: a lock, and NOTIFY over a connection of its own where the URL is known. */
export function onPostgres<X extends object>(
  driver: Pick<OutboxDriver<X>, 'run' | 'transaction'>,
  dialect: Dialect = postgresDialect,
): OutboxDriver<X> {
  return {
    ...driver,
    dialect,
    lock: async (tx) => {
      await driver.run(tx, `select pg_advisory_xact_lock(${eventTablesLock})::text as locked`, [])
    },
    signal: async ({ service, platform, onError, connection }: OutboxOptions): Promise<Signal> => {
      const run = (statement: string): Promise<unknown> => driver.run(undefined, statement, [])
      if (connection === undefined) return { send: async () => {}, listen: () => ({ close: async () => {} }) }
      const { postgresSignal } = await loadOptional(() => import('../postgres/postgres-signal.ts'), {
        part: 'An outbox on PostgreSQL',
        packages: ['pg'],
        resolve: (name) => import.meta.resolve(name),
      })
      const client = { connectionString: connection, application_name: `holon ${service}`, keepAlive: true }
      return postgresSignal({ service, platform, onError, client, run })
    },
  }
}
