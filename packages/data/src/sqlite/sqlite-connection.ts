import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'

/** Runs `attempt`, again and again while another connection holds the lock that it needs; bounded. `holdsTurn`: it is the writer of this process already. */
export type Contend = <T>(attempt: () => T, holdsTurn: boolean) => Promise<T>

/** One connection to one file. Statements run synchronously; only waiting for a lock is asynchronous. */
export class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync
  readonly #contend: Contend

  constructor(database: DatabaseSync, contend: Contend) {
    this.#database = database
    this.#contend = contend
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    // Inside a transaction the lock is held already, and a statement that failed there must not be run twice.
    if (this.#database.isTransaction) return this.#run<R>(query)
    return this.#contend(() => this.#run<R>(query), false)
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    const statement = this.#database.prepare(query.sql)
    // That rows are R is Kysely's claim about the query, here and in #run.
    for (const row of statement.iterate(...toInput(query.parameters))) yield { rows: [toRow(row) as R] }
  }

  /**
   * `immediate` takes the write lock at once: a transaction that reads first and writes later could otherwise lose
   * against another one half way, and no waiting would help it.
   */
  async begin(readOnly: boolean): Promise<void> {
    await this.#contend(() => this.#database.exec(readOnly ? 'begin' : 'begin immediate'), true)
    if (readOnly) this.#database.exec('pragma query_only = on')
  }

  async commit(): Promise<void> {
    if (!this.#database.isTransaction) throw notOpen()
    await this.#contend(() => this.#database.exec('commit'), true)
    this.#database.exec('pragma query_only = off')
  }

  /** Some errors (a full disk, `on conflict rollback`) have rolled back already. */
  rollback(): void {
    if (this.#database.isTransaction) this.#database.exec('rollback')
    this.#database.exec('pragma query_only = off')
  }

  /** Runs several statements separated by semicolons. They may not end the transaction that they run in. */
  runScript(script: string): void {
    const before = this.#database.isTransaction
    this.#database.exec(script)
    if (this.#database.isTransaction !== before) throw notOpen()
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #run<R>({ sql, parameters }: CompiledQuery): QueryResult<R> {
    const statement: StatementSync = this.#database.prepare(sql)
    const input = toInput(parameters)
    // As above.
    if (statement.columns().length > 0) return { rows: statement.all(...input).map(toRow) as R[] }
    const { changes, lastInsertRowid } = statement.run(...input)
    return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) }
  }
}

function notOpen(): Error {
  return new Error('A statement has ended the transaction that it ran in (begin, commit or rollback in the SQL text).')
}

/**
 * node:sqlite makes objects without prototype; those of Postgres have one, and some libraries insist.
 */
function toRow(row: object): object {
  return { ...row }
}

function toInput(parameters: readonly unknown[]): SQLInputValue[] {
  return parameters.map((value, index) => {
    if (typeof value === 'boolean') return value ? 1 : 0
    if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
      return value
    if (value instanceof Uint8Array) return value
    const found =
      value instanceof Date
        ? 'a Date: store toISOString() or getTime()'
        : `${typeof value}: store JSON.stringify(…) or a column per member`
    throw new TypeError(`Parameter ${index + 1} of a query to sqlite is ${found}.`)
  })
}
