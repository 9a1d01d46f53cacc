import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'

import { Kysely, type QueryExecutorProvider } from 'kysely'

import { sqliteDialect as eventDialect } from '../events/dialects.ts'
import { prepareEventTables } from '../events/event-tables.ts'
import { kyselyRun } from '../events/kysely-run.ts'
import { migrate } from '../migrations/migrate.ts'
import { readMigrations } from '../migrations/read-migrations.ts'
import { createSqlStore, type SqlEngine } from '../sql-store.ts'
import type { OpenStoreOptions, SqlStore } from '../store.ts'
import { SqliteConnection } from './sqlite-connection.ts'
import { SqliteConnections } from './sqlite-connections.ts'
import { sqliteDialect } from './sqlite-dialect.ts'
import { sqliteSignal } from './sqlite-signal.ts'
import type { SqliteOptions } from './sqlite.ts'

/** Opens the file, migrates and gives the store that `sqlite()` chose. */
export async function openSqlite<DB>(options: SqliteOptions, open: OpenStoreOptions): Promise<SqlStore<DB>> {
  const { service, platform, connection: file, signal } = open
  const migrations = options.migrations === undefined ? undefined : await readMigrations(options.migrations)
  const inMemory = file === ':memory:'
  if (!inMemory) await mkdir(dirname(file), { recursive: true })
  const connections = new SqliteConnections({
    service,
    platform,
    file,
    // Every connection to ':memory:' is a database of its own.
    maxConnections: inMemory ? 1 : (options.maxConnections ?? 4),
    synchronous: options.synchronous ?? 'full',
    lockTimeoutMs: options.lockTimeoutMs ?? 5_000,
    acquireTimeoutMs: options.acquireTimeoutMs ?? 5_000,
    closeTimeoutMs: options.closeTimeoutMs ?? 5_000,
  })
  const dialect = sqliteDialect(connections)
  try {
    connections.release(await connections.acquire(signal)) // a file that cannot be opened is reported now
    if (migrations) {
      await migrate({
        service,
        platform,
        kysely: new Kysely({ dialect }),
        engine: sqliteMigrations,
        migrations,
        signal,
      })
    }
    if (open.events === true) await prepareEvents(new Kysely({ dialect }))
  } catch (error) {
    await connections.close()
    throw error
  }
  const engine: SqlEngine<DB> = {
    service,
    platform,
    kysely: new Kysely<DB>({ dialect }),
    dialect: eventDialect,
    health: connections.health,
    signal: inMemory ? undefined : sqliteSignal({ service, platform, onError: open.onError, file }),
    enter: async ({ readOnly, signal: within }) => (readOnly ? () => {} : connections.enterWriter(within)),
    close: () => connections.close(),
  }
  return createSqlStore<DB>(engine, open)
}

function prepareEvents(kysely: Kysely<never>): Promise<void> {
  return prepareEventTables({
    dialect: eventDialect,
    run: kyselyRun(kysely),
    transaction: (work) => kysely.transaction().execute(work),
    lock: sqliteMigrations.lock,
  })
}

const sqliteMigrations = {
  /** `begin immediate` has taken the lock of the whole file. */
  lock: async (): Promise<void> => {},
  runScript: (tx: QueryExecutorProvider, script: string): Promise<void> =>
    tx.getExecutor().provideConnection(async (connection) => {
      if (connection instanceof SqliteConnection) connection.runScript(script)
    }),
}
