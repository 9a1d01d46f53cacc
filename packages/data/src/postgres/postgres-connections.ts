import { type Platform, within } from '@holon/contract'
import { ServiceError } from '@holon/contract/error'
import { PostgresDialect, type PostgresPoolClient } from 'kysely'
import { Client, type ClientConfig, Pool, type PoolClient, type PoolConfig } from 'pg'

import { noFreeConnection, storeClosed, unreachable } from '../store-errors.ts'
import { storeFailure } from '../store-failures.ts'
import { StoreHealth } from '../store-health.ts'
import { KeptStatements } from './kept-statements.ts'
import { LeanClient } from './lean-client.ts'
import { describeFailure, postgresFailure } from './postgres-failure.ts'
import { resultTypes } from './result-types.ts'
import { RowCursor } from './row-cursor.ts'
import { type StatementFailures, statementFailures } from './statement-failures.ts'

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

/** How long a server may take to let go of a connection that is being closed. */
const goodbyeMs = 1_000
/** A process that stopped in the middle of a transaction must not keep its locks for ever. */
const idleInTransactionMs = 70_000

/** A bounded pool of connections to one database, which replaces those that break. */
export class PostgresConnections {
  readonly health: StoreHealth
  readonly #options: PostgresConnectionsOptions
  readonly #pool: Pool
  /** Made and not yet ended, in use or not. */
  readonly #open: Set<PoolClient> = new Set()
  /** One for each connection: Kysely knows a connection again by it. */
  readonly #lean: WeakMap<PoolClient, LeanClient> = new WeakMap()
  readonly #failures: StatementFailures
  readonly #kept: KeptStatements = new KeptStatements()
  #onAllEnded: (() => void) | undefined
  #closed = false

  constructor(options: PostgresConnectionsOptions) {
    this.#options = options
    this.#pool = new Pool(toPoolConfig(options))
    this.health = new StoreHealth(options.platform)
    this.#failures = statementFailures({ ...options, health: this.health, silentAfterMs: silentAfterMs(options) })
    // pg emits 'error' on a connection that breaks while nobody queries it. In the pool the first listener gets it; one
    // that is checked out, say during a transaction, has only the second, and without any the process would die.
    this.#pool.on('error', (error) => this.#report(error))
    this.#pool.on('connect', (client) => {
      client.on('error', () => {})
      this.#open.add(client)
    })
    this.#pool.on('remove', (client) => {
      this.#open.delete(client)
      if (this.#open.size === 0) this.#onAllEnded?.()
    })
  }

  /** Kysely's own dialect over this pool. */
  dialect(): PostgresDialect {
    const pool = {
      connect: (): Promise<PostgresPoolClient> => this.#connect(),
      end: (): Promise<void> => this.close(),
      options: this.#pool.options,
    }
    return new PostgresDialect({ pool, cursor: RowCursor, controlClient: Client })
  }

  /** Resolves when the connections have ended, not, as pg's pool does, when they were asked to. */
  async close(): Promise<void> {
    this.#closed = true
    const { platform, closeTimeoutMs } = this.#options
    const breakOff = platform.setTimer(() => {
      for (const client of this.#open) void client.end().catch(() => {})
    }, closeTimeoutMs)
    await this.#pool.end()
    breakOff.cancel()
    if (this.#open.size > 0) await this.#allEnded()
  }

  async #allEnded(): Promise<void> {
    const ended = new Promise<void>((resolve) => (this.#onAllEnded = resolve))
    await within(this.#options.platform, goodbyeMs, ended)
  }

  /** Not pg's own error: the whole client, password included, hangs on it and would end up in a log. */
  #report({ message }: Error): void {
    if (this.#closed) return
    const { service, onError } = this.#options
    onError(new ServiceError('unavailable', `A connection of the store of service "${service}" broke: ${message}`))
  }

  async #connect(): Promise<PostgresPoolClient> {
    if (this.#closed) throw storeClosed(this.#options.service)
    try {
      const client = await this.#pool.connect()
      const lean = this.#lean.get(client) ?? new LeanClient(client, this.#failures, this.#kept)
      this.#lean.set(client, lean)
      return lean
    } catch (error) {
      throw this.#explain(error)
    }
  }

  /** pg-pool has one time limit for "no connection was free" and "no connection could be made", and plain errors for both. */
  #explain(error: unknown): Error {
    const { service, connectTimeoutMs } = this.#options
    if (this.#closed) return storeClosed(service)
    const exhausted = error instanceof Error && error.message === 'timeout exceeded when trying to connect'
    const allInUse = this.#pool.totalCount >= this.#pool.options.max
    if (exhausted && allInUse) return noFreeConnection(service, connectTimeoutMs, error)
    const full = postgresFailure(error) === 'full'
    return full ? storeFailure(service, 'full', describeFailure(error)) : unreachable(service, error)
  }
}

function toPoolConfig(options: PostgresConnectionsOptions): PoolConfig {
  return { ...toClientConfig(options), max: options.maxConnections, idleTimeoutMillis: options.idleTimeoutMs }
}

/** The server counts the statement's time; this much later the client stops to wait for a server that went silent. */
function silentAfterMs({ statementTimeoutMs }: PostgresConnectionsOptions): number {
  return statementTimeoutMs > 0 ? statementTimeoutMs + 5_000 : 0
}

/** A connection of its own, to the same database under the same bounds. */
export function toClientConfig(options: PostgresConnectionsOptions): ClientConfig {
  const { statementTimeoutMs } = options
  return {
    connectionString: options.url,
    application_name: `holon ${options.service}`,
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
    types: resultTypes,
    ...(statementTimeoutMs > 0 && {
      statement_timeout: statementTimeoutMs,
      query_timeout: silentAfterMs(options),
      idle_in_transaction_session_timeout: idleInTransactionMs,
    }),
  }
}
