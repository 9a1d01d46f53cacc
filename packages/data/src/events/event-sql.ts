import type { Platform } from '@holon/contract'

/** What a statement may be given. */
export type SqlValue = string | number | null

export interface SqlResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Rows inserted, updated or deleted; of an update, those found, whether it changed them or not. */
  readonly affected: number
}

/** Runs a statement of one engine. Rejects with the driver's own error. */
export interface SqlRunner<X> {
  /** Runs one statement, in the given transaction or else in one of its own. */
  readonly run: (tx: X | undefined, statement: string, parameters: readonly SqlValue[]) => Promise<SqlResult>
  /** Commits when `work` resolves, and rolls back when it rejects. */
  readonly transaction: <T>(work: (tx: X) => Promise<T>, options?: SqlTransactionOptions) => Promise<T>
}

export interface SqlTransactionOptions {
  readonly signal?: AbortSignal
  readonly timeoutMs?: number
}

/** What the tables of events need of a driver and its engine. `X` is the driver's transaction. */
export interface EventSql<X> extends SqlRunner<X> {
  readonly dialect: Dialect
  readonly platform: Platform
  /** Calls `committed` once `tx` has committed. */
  afterCommit(tx: X, committed: () => void): void
  /** The way to other processes; none where no other can open the store. */
  readonly signal?: Signal
  /** Goes before the text of a statement that nothing but the commit follows, where `run` can send the two together. */
  readonly withCommit?: string
}

/** Wakes whoever listens to the same store in other processes. A call may be lost, or heard twice. */
export interface Signal {
  /** Must not reject. Not called again before it has resolved. */
  send(): Promise<void>
  /**
   * Starts to listen. Calls `heard` also whenever it has just begun to: what came before is not known. What fails is
   * reported to the store's `onError` and tried again.
   */
  listen(heard: () => void): { close(): Promise<void> }
}

/** How the engines' SQL differs. Statements are written with `?` for each parameter. */
export interface Dialect {
  readonly name: 'postgres' | 'sqlite' | 'mysql'
  /** The statement as the engine wants its parameters written. */
  text(statement: string): string
  /** The condition that a column of integers has one of the values. */
  oneOf(column: string, values: readonly number[]): { readonly sql: string; readonly parameters: readonly SqlValue[] }
  /** A column of texts in a select, from one parameter, so that one text does for any number of rows. Not in all engines. */
  readonly eachText?: (values: readonly string[]) => { readonly sql: string; readonly parameter: SqlValue }
  /** Whether a select can delete other rows on its way. */
  readonly deletesInSelect: boolean
  /** Makes an insert pass over rows that are there already. Empty: it fails with an {@link isDuplicate} error instead. */
  readonly orIgnore: string
  isDuplicate(error: unknown): boolean
  /** Whether an insert can return the rows that it has not passed over. */
  readonly returning: boolean
  /** The engine has rolled the transaction back because it and another one waited for each other; to be tried again. */
  isDeadlock(error: unknown): boolean
  /** Milliseconds since the epoch on a clock that all processes of the store share. */
  nowMs(platform: Platform): string
  /**
   * Selects an `id` of each transaction that has written to a table and has not ended. Absent where a `delete` waits by
   * itself for what others have written and not committed.
   */
  readonly writers?: (table: string) => string
  /** Locks the rows that a select has found, until the transaction ends. */
  readonly forUpdate: string
  /** Deletes at most `limit` of the rows for which the condition holds. `key`: the columns of the primary key. */
  deleteSome(options: {
    readonly table: string
    readonly key: string
    readonly where: string
    readonly limit: number
  }): string
}

/** Inserts, and resolves to whether the row was not there before. Waits for another transaction that inserts the same. */
export async function insertOnce<X>(
  { dialect, run }: Pick<EventSql<X>, 'dialect' | 'run'>,
  tx: X | undefined,
  insert: { readonly sql: string; readonly parameters: readonly SqlValue[] },
): Promise<boolean> {
  try {
    const { affected } = await run(tx, dialect.text(insert.sql + dialect.orIgnore), insert.parameters)
    return affected === 1
  } catch (error) {
    if (dialect.isDuplicate(error)) return false
    throw error
  }
}
