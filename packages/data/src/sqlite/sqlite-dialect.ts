import {
  type DatabaseConnection,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from 'kysely'

import { SqliteConnection } from './sqlite-connection.ts'
import type { SqliteConnections } from './sqlite-connections.ts'

/**
 * Kysely's SQL for sqlite over `node:sqlite`. Kysely's own driver is not used: it has one connection, so a transaction
 * that waits would stop all reads, and its queue for that connection has no bound.
 */
export function sqliteDialect(connections: SqliteConnections): Dialect {
  return {
    createAdapter: (): DialectAdapter => new PooledSqliteAdapter(),
    createDriver: (): Driver => new SqliteDriver(connections),
    createIntrospector: (db: Kysely<unknown>): DatabaseIntrospector => new SqliteIntrospector(db),
    createQueryCompiler: (): QueryCompiler => new SqliteQueryCompiler(),
  }
}

class PooledSqliteAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true
  }
}

class SqliteDriver implements Driver {
  readonly #connections: SqliteConnections

  constructor(connections: SqliteConnections) {
    this.#connections = connections
  }

  async init(): Promise<void> {}

  acquireConnection(options?: { readonly signal?: AbortSignal | undefined }): Promise<SqliteConnection> {
    return this.#connections.acquire(options?.signal)
  }

  beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    return own(connection).begin(settings.accessMode === 'read only')
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return own(connection).commit()
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    own(connection).rollback()
  }

  async releaseConnection(connection: DatabaseConnection): Promise<void> {
    this.#connections.release(own(connection))
  }

  async destroy(): Promise<void> {
    await this.#connections.close()
  }
}

function own(connection: DatabaseConnection): SqliteConnection {
  if (connection instanceof SqliteConnection) return connection
  throw new TypeError('This connection was not made by the sqlite store.')
}
