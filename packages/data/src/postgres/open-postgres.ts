import { CompiledQuery, Kysely, sql } from 'kysely'

import { postgresDialect } from '../events/dialects.ts'
import { prepareEventTables } from '../events/event-tables.ts'
import { kyselyRun } from '../events/kysely-run.ts'
import { type MigrationEngine, type MigrationTables, migrate } from '../migrations/migrate.ts'
import { type Migration, readMigrations } from '../migrations/read-migrations.ts'
import { createSqlStore } from '../sql-store.ts'
import type { OpenStoreOptions, SqlStore } from '../store.ts'
import { awaitServer } from './await-server.ts'
import { kept, withCommit } from './kept-statements.ts'
import { PostgresConnections, type PostgresConnectionsOptions, toClientConfig } from './postgres-connections.ts'
import { postgresSignal } from './postgres-signal.ts'
import type { PostgresOptions } from './postgres.ts'

/** Connects, migrates and gives the store that `postgres()` chose. */
export async function openPostgres<DB>(options: PostgresOptions, open: OpenStoreOptions): Promise<SqlStore<DB>> {
  const { service, platform } = open
  const migrations = options.migrations === undefined ? undefined : await readMigrations(options.migrations)
  await prepare(options, open, migrations)
  const bounds = boundsOf(options, open, options.statementTimeoutMs ?? 30_000)
  const connections = new PostgresConnections(bounds)
  const kysely = new Kysely<DB>({ dialect: connections.dialect() })
  const signal = postgresSignal({
    service,
    platform,
    onError: open.onError,
    client: toClientConfig(bounds),
    run: (statement) => kysely.executeQuery(CompiledQuery.raw(statement)),
  })
  const close = (): Promise<void> => connections.close()
  const { health } = connections
  const engine = { service, platform, kysely, dialect: postgresDialect, signal, kept, withCommit, health, close }
  return createSqlStore<DB>(engine, open)
}

/** Waits for the server and migrates, over a connection of its own whose statements may take long. */
async function prepare(
  options: PostgresOptions,
  open: OpenStoreOptions,
  migrations: readonly Migration[] | undefined,
): Promise<void> {
  const { service, platform, signal } = open
  const bounds = boundsOf({ ...options, maxConnections: 1 }, open, options.migrationTimeoutMs ?? 600_000)
  const connections = new PostgresConnections(bounds)
  try {
    const dialect = connections.dialect()
    const kysely = new Kysely<MigrationTables>({ dialect })
    await awaitServer(kysely, open, options.startTimeoutMs ?? 30_000)
    if (migrations) {
      await migrate({
        service,
        platform,
        kysely,
        engine: postgresMigrations,
        migrations,
        signal,
      })
    }
    if (open.events === true) {
      await prepareEventTables({
        dialect: postgresDialect,
        run: kyselyRun(kysely),
        transaction: (work) => kysely.transaction().execute(work),
        lock: postgresMigrations.lock,
      })
    }
  } finally {
    await connections.close()
  }
}

function boundsOf(
  options: PostgresOptions,
  { service, connection, platform, onError }: OpenStoreOptions,
  statementTimeoutMs: number,
): PostgresConnectionsOptions {
  return {
    service,
    url: connection,
    platform,
    onError,
    statementTimeoutMs: options.statementTimeoutMs === 0 ? 0 : statementTimeoutMs,
    maxConnections: options.maxConnections ?? 5,
    connectTimeoutMs: options.connectTimeoutMs ?? connectTimeoutIn(connection) ?? 5_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 30_000,
    closeTimeoutMs: options.closeTimeoutMs ?? 5_000,
  }
}

/** As libpq reads it: seconds; what is none counts as not said. */
function connectTimeoutIn(connection: string): number | undefined {
  const seconds = Number(/[?&]connect_timeout=(\d+)(?:&|$)/.exec(connection)?.[1])
  return seconds > 0 ? seconds * 1_000 : undefined
}

/** Any number will do as long as all versions of Holon use the same. Locks are per database, and so per service. */
const migrationLock = 4_865_108

const postgresMigrations: MigrationEngine = {
  lock: async (tx) => {
    await sql`select pg_advisory_xact_lock(${sql.lit(migrationLock)})`.execute(tx)
  },
  runScript: async (tx, script) => {
    const transactionId = sql<{ id: string }>`select pg_current_xact_id()::text as id`
    const before = await transactionId.execute(tx)
    await sql.raw(script).execute(tx)
    const after = await transactionId.execute(tx)
    if (before.rows[0]?.id !== after.rows[0]?.id) {
      throw new Error('The script contains commit or rollback. Each migration is one transaction already.')
    }
  },
}
