import { loadOptional } from '@holon/contract/optional-package'

import { schemaFingerprint } from '../migrations/schema-fingerprint.ts'
import type { SqlStore, StoreDefinition } from '../store.ts'

/** Options of {@link postgres}. All may be left out. */
export interface PostgresOptions {
  /** The folder of migrations: `new URL('./migrations', import.meta.url)`. Without it nothing is migrated or checked. */
  readonly migrations?: URL | string
  /** Connections of this process for this service, opened when needed. Default 5. */
  readonly maxConnections?: number
  /** How long a query waits for a connection, free or new. Default: `connect_timeout` of the URL, which is in seconds, else 5 000. */
  readonly connectTimeoutMs?: number
  /** The server ends a statement after this time. 0: no limit, for poolers that refuse such a setting. Default 30 000. */
  readonly statementTimeoutMs?: number
  /** Connections that nobody used for this long are closed. Default 30 000. */
  readonly idleTimeoutMs?: number
  /** How long opening waits for a server that does not accept connections yet. Default 30 000. */
  readonly startTimeoutMs?: number
  /** How long one migration, including the wait for another instance's, may take. Default 600 000. */
  readonly migrationTimeoutMs?: number
  /** How long `close` waits for running transactions. Default 5 000. */
  readonly closeTimeoutMs?: number
}

/**
 * A store in a PostgreSQL database of the service's own: the embedded server's, or any that a URL names.
 *
 * @example
 * import { postgres } from 'holon/postgres'
 *
 * export const store = postgres<OrdersDb>({ migrations: new URL('./migrations', import.meta.url) })
 */
export function postgres<DB>(options: PostgresOptions = {}): StoreDefinition<SqlStore<DB>> {
  return {
    kind: 'postgres',
    // The driver is loaded by who opens the store, not by everybody who reads what the service is.
    open: async (open) => {
      const { openPostgres } = await loadOptional(() => import('./open-postgres.ts'), {
        part: "A store 'postgres'",
        packages: ['pg', 'pg-cursor'],
        resolve: (name) => import.meta.resolve(name),
      })
      return openPostgres<DB>(options, open)
    },
    fingerprint: () => schemaFingerprint(options.migrations),
  }
}
