import { schemaFingerprint } from '../migrations/schema-fingerprint.ts'
import type { SqlStore, StoreDefinition } from '../store.ts'

/** Options of {@link sqlite}. All may be left out. */
export interface SqliteOptions {
  /** The folder of migrations: `new URL('./migrations', import.meta.url)`. Without it nothing is migrated or checked. */
  readonly migrations?: URL | string
  /** `'full'` (default): a commit survives a power failure. `'normal'`: the last commits may be lost then, not on a crash. */
  readonly synchronous?: 'full' | 'normal'
  /** How many connections may be open. One writes, the others read meanwhile. Default 4. */
  readonly maxConnections?: number
  /** How long a write waits for other writers, in this process and in others. Default 5 000. */
  readonly lockTimeoutMs?: number
  /** How long a query waits for a free connection. Default 5 000. */
  readonly acquireTimeoutMs?: number
  /** How long `close` waits for running transactions. Default 5 000. */
  readonly closeTimeoutMs?: number
}

/**
 * A store in one sqlite file (`node:sqlite`, WAL mode, foreign keys on). Several processes of one machine may open it.
 *
 * @example
 * import { sqlite } from 'holon/sqlite'
 *
 * export const store = sqlite<CartDb>({ migrations: new URL('./migrations', import.meta.url) })
 */
export function sqlite<DB>(options: SqliteOptions = {}): StoreDefinition<SqlStore<DB>> {
  return {
    kind: 'sqlite',
    // The engine is loaded by who opens the store, not by everybody who reads what the service is.
    open: async (open) => {
      const { openSqlite } = await import('./open-sqlite.ts')
      return openSqlite<DB>(options, open)
    },
    fingerprint: () => schemaFingerprint(options.migrations),
  }
}
