import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely'

import { UnstorableText } from './sqlite-failure.ts'

/** Runs `attempt`, again and again while another connection holds the lock that it needs; bounded. `holdsTurn`: it is the writer of this process already. */
export type Contend = <T>(attempt: () => T, holdsTurn: boolean) => Promise<T>

/** What becomes of statements that fail, and of changes that are stored. */
export interface Outcomes {
  /** The error for the handler. `readOnly`: in a transaction that was to read only. */
  explain(error: unknown, readOnly: boolean): unknown
  changed(): void
}

/** One connection to one file. Statements run synchronously; only waiting for a lock is asynchronous. */
export class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync
  readonly #contend: Contend
  readonly #outcomes: Outcomes
  #readOnly = false
  /** The transaction that is open has changed something. */
  #changed = false

  constructor(database: DatabaseSync, contend: Contend, outcomes: Outcomes) {
    this.#database = database
    this.#contend = contend
    this.#outcomes = outcomes
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    try {
      // Inside a transaction the lock is held already, and a statement that failed there must not be run twice.
      if (this.#database.isTransaction) return this.#run<R>(query)
      const result = await this.#contend(() => this.#run<R>(query), false)
      this.#stored()
      return result
    } catch (error) {
      throw this.#outcomes.explain(error, this.#readOnly)
    }
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    try {
      const statement = this.#database.prepare(query.sql)
      // That rows are R is Kysely's claim about the query, here and in #run.
      for (const row of statement.iterate(...toInput(query.parameters))) yield { rows: [toRow(row) as R] }
    } catch (error) {
      throw this.#outcomes.explain(error, this.#readOnly)
    }
  }

  /**
   * `immediate` takes the write lock at once: a transaction that reads first and writes later could otherwise lose
   * against another one half way, and no waiting would help it.
   */
  async begin(readOnly: boolean): Promise<void> {
    try {
      await this.#contend(() => this.#database.exec(readOnly ? 'begin' : 'begin immediate'), true)
      if (readOnly) this.#database.exec('pragma query_only = on')
      this.#readOnly = readOnly
    } catch (error) {
      throw this.#outcomes.explain(error, false)
    }
  }

  async commit(): Promise<void> {
    if (!this.#database.isTransaction) throw notOpen()
    try {
      await this.#contend(() => this.#database.exec('commit'), true)
    } catch (error) {
      throw this.#outcomes.explain(error, this.#readOnly)
    }
    this.#stored()
    this.#ended()
  }

  /** Some errors (a full disk, `on conflict rollback`) have rolled back already. */
  rollback(): void {
    if (this.#database.isTransaction) this.#database.exec('rollback')
    this.#changed = false
    this.#ended()
  }

  #ended(): void {
    this.#readOnly = false
    this.#database.exec('pragma query_only = off')
  }

  #stored(): void {
    if (this.#changed) this.#outcomes.changed()
    this.#changed = false
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
    if (changes > 0) this.#changed = true
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
    if (isInput(value)) return value
    if (typeof value === 'boolean') return value ? 1 : 0
    throw new TypeError(`Parameter ${index + 1} of a query to sqlite is ${refusal(value)}.`)
  })
}

/** Sqlite itself stores NaN as null, and a text with U+0000 that half of its functions cut off there. */
function isInput(value: unknown): value is SQLInputValue {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new UnstorableText()
    return true
  }
  if (typeof value === 'number') return !Number.isNaN(value)
  return value === null || typeof value === 'bigint' || value instanceof Uint8Array
}

function refusal(value: unknown): string {
  if (typeof value === 'number') return 'NaN, which sqlite would store as null: store null, or a text'
  if (value instanceof Date) return 'a Date: store toISOString() or getTime()'
  return `${typeof value}: store JSON.stringify(…) or a column per member`
}
