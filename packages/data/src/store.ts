import type { Platform } from '@holon/contract'
import type { IsolationLevel, Kysely, Transaction } from 'kysely'

/** What the runtime does with any store, whatever its kind. */
export interface Store {
  /** Resolves when the store answers. Rejects within two seconds otherwise, or with the signal's reason. For readiness. */
  ping(signal?: AbortSignal): Promise<void>
  /** Waits a bounded time for running transactions, then closes all connections. Idempotent; later calls reject. */
  close(): Promise<void>
}

/** The choice of a store, as a plain value: declaring it opens nothing. `S` is what handlers see as `ctx.store`. */
export interface StoreDefinition<S extends Store> {
  readonly kind: 'postgres' | 'sqlite' | (string & {})
  /** What the runtime must provide as `connection`: the URL of a database of this service alone, or a file path. */
  readonly needs: 'url' | 'file'
  /** Connects, applies pending migrations and returns the store. Closes what it had opened if it fails. */
  open(options: OpenStoreOptions): Promise<S>
}

/** What the runtime hands to {@link StoreDefinition.open}. */
export interface OpenStoreOptions {
  /** Name of the service that owns the store; appears in errors and in the database's list of sessions. */
  readonly service: string
  readonly connection: string
  readonly platform: Platform
  /** Told of failures that no call is waiting for, such as an idle connection that breaks. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Gives up opening. It has no effect on a store that is open. */
  readonly signal?: AbortSignal
}

/** The store of a definition: `StoreOf<typeof store>`. */
export type StoreOf<D> = D extends StoreDefinition<infer S> ? S : never

type QueryMethod =
  | 'selectFrom'
  | 'selectNoFrom'
  | 'insertInto'
  | 'replaceInto'
  | 'updateTable'
  | 'deleteFrom'
  | 'mergeInto'
  | 'with'
  | 'withRecursive'
  | 'getExecutor'

/**
 * Kysely's queries over the tables `DB`. Both `ctx.store` and a transaction are one, so a function that takes
 * `Queries<OrdersDb>` works inside and outside of a transaction; so does `` sql`…`.execute(queries) ``.
 */
export type Queries<DB> = Pick<Kysely<DB>, QueryMethod>

/** An open transaction: all of Kysely's `Transaction`. Usable until the work that received it settles. */
export type Tx<DB> = Transaction<DB>

export interface TransactionOptions {
  /** Postgres: default `'read committed'`, the database's own. Sqlite always gives `'serializable'`. */
  readonly isolation?: Exclude<IsolationLevel, 'snapshot'>
  /** The transaction may only read. On sqlite it then does not wait for writers. Default false. */
  readonly readOnly?: boolean
  /** Rolls back and rejects with its reason, unless the commit has begun. */
  readonly signal?: AbortSignal
  /** Rolls back and rejects with code `deadline_exceeded` after this time. Default 60 000. */
  readonly timeoutMs?: number
}

/**
 * A service's SQL database, as handlers see it in `ctx.store`.
 *
 * @example
 * ```ts
 * const open = await ctx.store.selectFrom('orders').selectAll().where('status', '=', 'pending').execute()
 * ```
 */
export interface SqlStore<DB> extends Store, Queries<DB> {
  /**
   * Runs `work` in one transaction and commits when it resolves. If it throws, everything is rolled back and the same
   * error is rethrown. Inside, use only `tx`: a write through `ctx.store` would wait for this very transaction.
   */
  transaction<T>(work: (tx: Tx<DB>) => Promise<T>, options?: TransactionOptions): Promise<T>
}
