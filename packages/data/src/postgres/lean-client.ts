import type { PostgresCursor, PostgresPoolClient, PostgresQueryResult } from 'kysely'
import type { PoolClient } from 'pg'

import { beginWithCursor, type Company, joinedQuery, type QueryResult } from './joined-query.ts'

/** Begins a statement that may wait for the commit and be sent with it; if something else comes before, it is sent before that. */
export const withCommit: string = '/* with commit */ '

interface Statement {
  readonly text: string
  readonly values: readonly unknown[]
}

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
  /** Asked for and not sent. */
  #begin: string | undefined
  /** Answered and not sent. */
  #last: Statement | undefined
  /** Its commit or rollback was asked for. */
  #ended = false

  constructor(client: PoolClient) {
    this.#client = client
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
    this.#ended = false
    this.#client.release(destroy)
  }

  #run(statement: Statement): Promise<QueryResult> {
    const { text } = statement
    if (text === 'begin' || text.startsWith('start transaction')) {
      this.#begin = text
      this.#ended = false
      return Promise.resolve({ ...idle, command: 'BEGIN' })
    }
    if (text === 'rollback') return this.#rollback()
    if (this.#ended) return Promise.reject(new Error('The transaction has ended; this statement was not executed.'))
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
    this.#ended = true
    if (last !== undefined) {
      await this.#joined(last, { begin: this.#takeBegin(), commit: true })
      return { ...idle, command: 'COMMIT' }
    }
    if (this.#takeBegin() !== undefined) return { ...idle, command: 'COMMIT' }
    return this.#plain('commit')
  }

  #rollback(): Promise<QueryResult> {
    this.#last = undefined
    this.#ended = true
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
    if (begin === undefined) return this.#client.query(statement.text, [...statement.values])
    if (statement.values.length > 0) return this.#joined(statement, { begin })
    return this.#simple(begin, statement.text)
  }

  /** Several statements in one text are possible without parameters only. If begin fails, the rest is not executed. */
  async #simple(begin: string, text: string): Promise<QueryResult> {
    const results: unknown = await this.#client.query(`${begin};${text}`)
    // pg answers several statements with a list of results, which its types leave out.
    const [, ...rest] = Array.isArray(results) ? (results as QueryResult[]) : []
    const [only = idle, ...more] = rest
    // Of several statements Kysely hands on what pg answers.
    return more.length === 0 ? only : (rest as unknown as QueryResult)
  }

  #plain(text: string): Promise<QueryResult> {
    return this.#client.query(text)
  }

  #joined(statement: Statement, company: Company): Promise<QueryResult> {
    return new Promise((resolve, reject) => {
      const query = joinedQuery(statement, company, (error, result) => (error ? reject(error) : resolve(result)))
      this.#client.query(query)
    })
  }

  /** Rows one by one: a statement whose portal stays open, so that nothing can go with it. */
  #open<R>(cursor: PostgresCursor<R>): PostgresCursor<R> {
    const begin = this.#takeBegin()
    // Kysely's type of a cursor says less than pg wants; it is the cursor that pg-cursor made.
    return this.#client.query((begin === undefined ? cursor : beginWithCursor(cursor, begin)) as never)
  }

  #takeBegin(): string | undefined {
    const begin = this.#begin
    this.#begin = undefined
    return begin
  }
}
