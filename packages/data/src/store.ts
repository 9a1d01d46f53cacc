import type { ContractEvent, EventInput, Platform, TraceContext } from '@holon/contract'
import type { IsolationLevel, Kysely, Transaction } from 'kysely'

import type { EventLog, OutboxRecord } from './events/event-log.ts'

/** What the runtime does with any store, whatever its kind. */
export interface Store {
  /**
   * Resolves when the store answers. Rejects within two seconds otherwise, or with the signal's reason. For readiness; a store
   * whose disk was full, broken or read-only when it was last to change something rejects with that for up to 30 seconds.
   */
  ping(signal?: AbortSignal): Promise<void>
  /** Waits a bounded time for running transactions, then closes all connections. Idempotent; later calls reject. */
  close(): Promise<void>
}

/** The choice of a store, as a plain value: declaring it opens nothing. `S` is what handlers see as `ctx.store`. */
export interface StoreDefinition<S extends Store> {
  /**
   * What the runtime must provide as `connection`: for `sqlite` the path of a file, for every other kind the URL of a database
   * of this service alone. For `postgres`, whichever driver opens it, there is the embedded server; for others the variable
   * `<SERVICE>_DATABASE_URL` has to name one.
   */
  readonly kind: 'postgres' | 'sqlite' | (string & {})
  /** Connects, applies pending migrations and returns the store. Closes what it had opened if it fails. */
  open(options: OpenStoreOptions): Promise<S>
  /**
   * Names what `open` makes of an empty database: equal names, equal tables. Tests copy a database that was opened once, instead
   * of migrating a new one each time. Without it they migrate.
   */
  fingerprint?(): Promise<string>
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
  /** Makes the tables of events and brings them up to date. Without it `store.events` refuses to be used. Default false. */
  readonly events?: boolean
  /** Makes the record of an event that is published in a transaction. Throws if the data does not match. */
  readonly publisher?: Publisher
}

export type Publisher = (
  event: ContractEvent,
  data: unknown,
  options: PublishOptions & { readonly trace?: TraceContext },
) => OutboxRecord | Promise<OutboxRecord>

export interface PublishOptions {
  /** Instead of the field that the event names as its key. Events of one key are handled in the order of publishing. */
  readonly key?: string
  /** Publishes it not before this time. It is then in no order with others. */
  readonly at?: Date | number
  /**
   * The event's id, 1 to 255 visible ASCII characters, for who waits for its effects (`ctx.handled`): an order that is placed
   * once may lend its own. An event with an id that came before, of the same kind, is the same event: subscribers with a
   * store do not handle it again, those without may. Throws `invalid_argument` for another text. Default: a new one.
   */
  readonly id?: string
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

/**
 * An open transaction: all of Kysely's `Transaction`, and `publish`. Usable until the work that received it settles. `E`:
 * the events that may be published in it.
 */
export type Tx<DB, E extends ContractEvent = ContractEvent> = Transaction<DB> & TxPublish<E>

/** What a transaction can do besides its driver's own. */
export interface TxPublish<E extends ContractEvent = ContractEvent> {
  /**
   * Publishes an event if, and only if, this transaction commits. Rejects before anything is written if the data does not
   * match; whoever handles that may go on with the transaction.
   */
  publish<P extends E>(event: P, data: EventInput<P>, options?: PublishOptions): Promise<void>
}

/** Options of {@link SqlStore.transaction}. All may be left out. */
export interface TransactionOptions {
  /** Postgres: default `'read committed'`, the database's own. Sqlite always gives `'serializable'`. */
  readonly isolation?: Exclude<IsolationLevel, 'snapshot'>
  /** The transaction may only read. On sqlite it then does not wait for writers. Default false. */
  readonly readOnly?: boolean
  /** Rolls back and rejects with its reason, unless the commit has begun. */
  readonly signal?: AbortSignal
  /** Rolls back and rejects with code `deadline_exceeded` after this time. Default 60 000. */
  readonly timeoutMs?: number
  /** The trace that events published in it belong to. */
  readonly trace?: TraceContext
}

/**
 * A service's SQL database, as handlers see it in `ctx.store`.
 *
 * @example
 * const open = await ctx.store.selectFrom('orders').selectAll().where('status', '=', 'pending').execute()
 */
export interface SqlStore<DB, E extends ContractEvent = ContractEvent> extends Store, Queries<DB> {
  /**
   * Runs `work` in one transaction and commits when it resolves. If it throws, everything is rolled back and the same
   * error is rethrown. Inside, use only `tx`: a write through `ctx.store` would wait for this very transaction.
   *
   * @example
   * await ctx.store.transaction(async (tx) => {
   *   await tx.insertInto('orders').values({ id: 'o-1', status: 'pending' }).execute()
   *   await tx.publish(orders.events.placed, { orderId: 'o-1', totalCents: 420 })
   * })
   */
  transaction<T>(work: (tx: Tx<DB, E>) => Promise<T>, options?: TransactionOptions): Promise<T>
  /** Outbox, inbox and what else the delivery of events keeps in this database. Used by the runtime. */
  readonly events: EventLog<Tx<DB, E>>
}
