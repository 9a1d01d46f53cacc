import type { Platform } from '@holon/contract'
import { PostgresDialect, type PostgresPoolClient } from 'kysely'
import { Client, Pool, type PoolClient, type PoolConfig } from 'pg'
import Cursor from 'pg-cursor'

import { noFreeConnection, storeClosed, unreachable } from '../store-errors.ts'
import { resultTypes } from './result-types.ts'

/** The bounds of {@link PostgresConnections}. All times in milliseconds. */
export interface PostgresConnectionsOptions {
  readonly service: string
  readonly url: string
  readonly platform: Platform
  readonly maxConnections: number
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly closeTimeoutMs: number
  readonly onError: (error: unknown) => void
}

/** The server counts the statement's time; this much later the client stops to wait for a server that went silent. */
const silenceMs = 5_000
/** A process that stopped in the middle of a transaction must not keep its locks for ever. */
const idleInTransactionMs = 70_000

/** A bounded pool of connections to one database, which replaces those that break. */
export class PostgresConnections {
  readonly #options: PostgresConnectionsOptions
  readonly #pool: Pool
  readonly #busy: Set<PoolClient> = new Set()
  #closed = false

  constructor(options: PostgresConnectionsOptions) {
    this.#options = options
    this.#pool = new Pool(toPoolConfig(options))
    // pg emits 'error' on a connection that breaks while nobody queries it. In the pool the first listener gets it; one
    // that is checked out, say during a transaction, has only the second, and without any the process would die.
    this.#pool.on('error', options.onError)
    this.#pool.on('connect', (client) => client.on('error', () => {}))
    this.#pool.on('release', (_error, client) => this.#busy.delete(client))
  }

  /** Kysely's own dialect over this pool. */
  dialect(): PostgresDialect {
    const pool = {
      connect: (): Promise<PostgresPoolClient> => this.#connect(),
      end: (): Promise<void> => this.close(),
      options: this.#pool.options,
    }
    return new PostgresDialect({ pool, cursor: Cursor, controlClient: Client })
  }

  async close(): Promise<void> {
    this.#closed = true
    const giveUp = this.#options.platform.setTimer(() => {
      for (const client of this.#busy) void client.end().catch(this.#options.onError)
    }, this.#options.closeTimeoutMs)
    await this.#pool.end()
    giveUp.cancel()
  }

  async #connect(): Promise<PoolClient> {
    if (this.#closed) throw storeClosed(this.#options.service)
    try {
      const client = await this.#pool.connect()
      this.#busy.add(client)
      return client
    } catch (error) {
      throw this.#explain(error)
    }
  }

  /** pg-pool has one time limit for "no connection was free" and "no connection could be made", and plain errors for both. */
  #explain(error: unknown): Error {
    const { service, connectTimeoutMs } = this.#options
    if (this.#closed) return storeClosed(service)
    const exhausted = error instanceof Error && error.message === 'timeout exceeded when trying to connect'
    const full = this.#pool.totalCount >= this.#pool.options.max
    return exhausted && full ? noFreeConnection(service, connectTimeoutMs, error) : unreachable(service, error)
  }
}

function toPoolConfig(options: PostgresConnectionsOptions): PoolConfig {
  const { statementTimeoutMs } = options
  return {
    connectionString: options.url,
    application_name: `holon ${options.service}`,
    max: options.maxConnections,
    connectionTimeoutMillis: options.connectTimeoutMs,
    idleTimeoutMillis: options.idleTimeoutMs,
    keepAlive: true,
    types: resultTypes,
    ...(statementTimeoutMs > 0 && {
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + silenceMs,
      idle_in_transaction_session_timeout: idleInTransactionMs,
    }),
  }
}
