import type { PostgresCursor, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { PoolClient } from 'pg'

import { beginWithCursor, type Company, joinedQuery, type QueryResult } from './joined-query.ts'
import { KeptStatements, withCommit } from './kept-statements.ts'
import { toParameters } from './parameters.ts'
import { RowCursor } from './row-cursor.ts'
import type { StatementFailures } from './statement-failures.ts'

interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

type Done = (error: unknown, result: QueryResult) => void

const idle = { command: '', rowCount: 0, rows: [] }

/**
 * A connection that saves round trips, two of the four of a transaction with one statement and one event: begin is sent
 * with the first statement, and what is marked {@link withCommit} with the commit. A transaction in which nothing happened
 * sends nothing.
 *
 * - J1: what was answered before it was sent is sent before, or together with, whatever comes next; a commit that is
 *   answered has committed all of it.
 * - J2: no statement is executed whose begin has failed ({@link joinedQuery}), nor after the end of the transaction.
 */
export class LeanClient implements PostgresPoolClient {
  readonly #client: PoolClient
  readonly #failures: StatementFailures
  readonly #kept: KeptStatements
  /** The names of those that the server has for certain. */
  readonly #known: Set<string> = new Set()
  /** Asked for and not sent. */
  #begin: string | undefined
  /** Answered and not sent. */
  #last: Statement | undefined
  /** none → open → ended → none or open */
  #transaction: 'none' | 'open' | 'ended' = 'none'
  #readOnly = false
  /** What the connection was lost with. */
  #lost: { readonly error: unknown } | undefined

  constructor(client: PoolClient, failures: StatementFailures, kept: KeptStatements = new KeptStatements()) {
    this.#client = client
    this.#kept = kept
    this.#failures = failures
  }

  /** Kysely cancels statements by it; without one (0) it asks the server. Not among the types of pg. */
  get processID(): number {
    const id: unknown = Reflect.get(this.#client, 'processID')
    return typeof id === 'number' ? id : 0
  }

  query<R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>>
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>
  query<R>(
    query: string | PostgresCursor<R>,
    values: readonly unknown[] = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof query !== 'string') return this.#open(query)
    // The server's own words; Kysely has a list of the commands that it looks for.
    return this.#run({ text: query, values }) as Promise<PostgresQueryResult<R>>
  }

  release(destroy?: boolean): void {
    this.#begin = undefined
    this.#last = undefined
    this.#transaction = 'none'
    this.#client.release(destroy === true || this.#lost !== undefined)
  }

  #run(statement: Statement): Promise<QueryResult> {
    const { text } = statement
    if (text === 'begin' || text.startsWith('start transaction')) {
      this.#begin = text
      this.#readOnly = text.includes('read only')
      this.#transaction = 'open'
      return Promise.resolve({ ...idle, command: 'BEGIN' })
    }
    // One that the server may still be executing would have to be waited for.
    if (this.#lost !== undefined) return Promise.reject(this.#lost.error)
    if (text === 'rollback') return this.#rollback()
    if (this.#transaction === 'ended')
      return Promise.reject(new Error('The transaction has ended; this statement was not executed.'))
    if (text === 'commit') return this.#commit()
    if (text.startsWith(withCommit) && this.#last === undefined) {
      this.#last = statement
      return Promise.resolve({ ...idle, command: 'INSERT' })
    }
    return this.#last === undefined ? this.#send(statement) : this.#sendAfterLast(statement)
  }

  async #commit(): Promise<QueryResult> {
    const last = this.#last
    this.#last = undefined
    this.#transaction = 'ended'
    if (last !== undefined) {
      await this.#joined(last, { begin: this.#takeBegin(), commit: true })
      return { ...idle, command: 'COMMIT' }
    }
    if (this.#takeBegin() !== undefined) return { ...idle, command: 'COMMIT' }
    return this.#plain('commit')
  }

  #rollback(): Promise<QueryResult> {
    this.#last = undefined
    this.#transaction = 'ended'
    if (this.#takeBegin() !== undefined) return Promise.resolve({ ...idle, command: 'ROLLBACK' })
    return this.#plain('rollback')
  }

  async #sendAfterLast(statement: Statement): Promise<QueryResult> {
    const last = this.#last
    this.#last = undefined
    if (last !== undefined) await this.#send(last)
    return this.#send(statement)
  }

  #send(statement: Statement): Promise<QueryResult> {
    const begin = this.#takeBegin()
    const { text, values } = statement
    const isKept = this.#kept.nameOf(text) !== undefined
    if (values.length > 0 && (begin !== undefined || isKept)) return this.#joined(statement, { begin })
    return begin === undefined ? this.#plain(text, toParameters(values)) : this.#simple(begin, text)
  }

  /** Several statements in one text are possible without parameters only. If begin fails, the rest is not executed. */
  async #simple(begin: string, text: string): Promise<QueryResult> {
    const results: unknown = await this.#plain(`${begin};${text}`)
    // pg answers several statements with a list of results, which its types leave out.
    const [, ...rest] = Array.isArray(results) ? (results as QueryResult[]) : []
    const [only = idle, ...more] = rest
    // Of several statements Kysely hands on what pg answers.
    return more.length === 0 ? only : (rest as unknown as QueryResult)
  }

  #plain(text: string, values: unknown[] = []): Promise<QueryResult> {
    return this.#answer((done) => this.#client.query(text, values, done))
  }

  #joined(statement: Statement, company: Company): Promise<QueryResult> {
    const name = this.#kept.nameOf(statement.text)
    if (name === undefined) return this.#answer((done) => this.#client.query(joinedQuery(statement, company, done)))
    const answered =
      (done: Done): Done =>
      (error, result) => {
        // What failed is sent anew: tables may have changed since it was planned.
        if (error) this.#known.delete(name)
        else this.#known.add(name)
        this.#kept.failed(error)
        done(error, result)
      }
    const kept = { name, isKnown: this.#known.has(name) }
    return this.#answer((done) => this.#client.query(joinedQuery(statement, { ...company, kept }, answered(done))))
  }

  #answer(send: (done: Done) => void): Promise<QueryResult> {
    return new Promise((resolve, reject) => {
      send((error, result) => {
        if (error) return reject(this.#failed(error))
        this.#failures.succeeded(result.command)
        resolve(result)
      })
    })
  }

  #failed(error: unknown): unknown {
    // Inside of a transaction that is not ending, what was done is undone for certain.
    const explained = this.#failures.explain(error, {
      unsure: this.#transaction !== 'open',
      readOnly: this.#readOnly && this.#transaction !== 'none',
    })
    if (this.#failures.isLost(error)) this.#lost ??= { error: explained }
    return explained
  }

  /** Rows one by one: a statement whose portal stays open, so that nothing can go with it. */
  #open<R>(cursor: PostgresCursor<R>): PostgresCursor<R> {
    const begin = this.#takeBegin()
    // Kysely's type of a cursor says less than pg wants; it is the cursor that pg-cursor made.
    const opened = this.#client.query(
      (begin === undefined ? cursor : beginWithCursor(cursor, begin)) as never,
    ) as typeof cursor
    return this.#bounded(opened)
  }

  /**
   * pg's own time limit counts from the first row to the last, however slowly they are read, and its timer stays after them;
   * here it counts anew for each answer. A cursor whose connection is lost would wait for ever for the answer to its end.
   */
  #bounded<R>(cursor: PostgresCursor<R>): PostgresCursor<R> {
    const stopTimer: unknown = Reflect.get(cursor, 'callback')
    if (typeof stopTimer === 'function') Reflect.apply(stopTimer, cursor, [])
    const inTime = async <T>(answer: Promise<T>): Promise<T> => {
      try {
        return await this.#failures.inTime(answer)
      } catch (error) {
        throw this.#failed(error)
      }
    }
    return {
      read: async (rowsCount) => {
        const rows = await inTime(cursor.read(rowsCount))
        if (cursor instanceof RowCursor) cursor.assertRead()
        return rows
      },
      close: async () => {
        if (this.#lost === undefined) await inTime(cursor.close())
      },
    }
  }

  #takeBegin(): string | undefined {
    const begin = this.#begin
    this.#begin = undefined
    return begin
  }
}
