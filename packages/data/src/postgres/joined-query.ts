import { Query } from 'pg'

import { toParameters } from './parameters.ts'

/** What a statement travels with. */
export interface Company {
  /** Goes before it. If it fails, the statement is not executed. */
  readonly begin?: string | undefined
  /** Comes after it. Not executed if the statement, or what goes before it, fails. */
  readonly commit?: boolean | undefined
  /** Under which the server keeps the statement, so that it is parsed and planned once for a connection. */
  readonly kept?: KeptStatement | undefined
}

/** A statement that a connection keeps. */
export interface KeptStatement {
  readonly name: string
  /** The server has it for certain. Otherwise it is sent anew, in place of what may be there. */
  readonly isKnown: boolean
}

export interface QueryResult {
  readonly command: string
  readonly rowCount: number | null
  readonly rows: unknown[]
}

/** The part of pg's connection that is needed here; its types want arguments that it does not take. */
interface Wire {
  close(what: { readonly type: 'S'; readonly name: string }): void
  parse(query: { readonly text: string; readonly name: string }): void
  bind(config: object): void
  execute(config: object): void
  sync(): void
}

/** How pg's query sends itself and is told what comes back. */
interface Protocol {
  name: string | undefined
  hasBeenParsed(connection: Wire): boolean
  prepare(connection: Wire): void
  _getRows(connection: Wire): void
  handleCommandComplete(message: { readonly text: string }, connection: Wire): void
}

/** The same of pg's cursor. */
interface CursorProtocol {
  submit(connection: Wire): void
  handleCommandComplete(message: { readonly text: string }): void
}

/**
 * A statement, and the begin or commit around it, in one message to the server: parse, bind and execute of each, and one
 * sync at the end. The server skips everything up to the sync once something has failed: nothing is executed outside of
 * a transaction whose begin failed, and nothing is committed after a statement that failed.
 */
export function joinedQuery(
  /** With at least one value: without, pg would send it in the simple protocol. */
  statement: { readonly text: string; readonly values: readonly unknown[] },
  { begin, commit = false, kept }: Company,
  done: (error: unknown, result: QueryResult) => void,
): Query {
  const { text, values } = statement
  // Of an object pg would make a copy, property by property.
  const query = new Query(text, toParameters(values), done)
  // pg's own client calls these methods; its types leave them out. The tests run against the pg of the lock file.
  const protocol = query as unknown as Protocol
  const prepare = protocol.prepare.bind(query)
  const complete = protocol.handleCommandComplete.bind(query)
  // Completions of what goes before are not the statement's, nor are those of what comes after.
  let toSkip = begin === undefined ? 0 : 1
  let completed = false
  protocol.prepare = (connection) => {
    if (begin !== undefined) execute(connection, begin)
    if (kept === undefined) return prepare(connection)
    if (!kept.isKnown) connection.close({ type: 'S', name: kept.name })
    // Only meanwhile: when the begin has been parsed, pg would note that this statement has.
    protocol.name = kept.name
    prepare(connection)
    protocol.name = undefined
  }
  if (kept !== undefined) protocol.hasBeenParsed = () => kept.isKnown
  protocol._getRows = (connection) => {
    connection.execute({})
    if (commit) execute(connection, 'commit')
    connection.sync()
  }
  protocol.handleCommandComplete = (message, connection) => {
    if (toSkip > 0) toSkip -= 1
    else if (!completed) {
      completed = true
      complete(message, connection)
    }
  }
  return query
}

/** A cursor that sends a begin before itself, likewise: if that fails, so does the cursor. */
export function beginWithCursor<C extends object>(cursor: C, begin: string): C {
  // As above, of pg-cursor.
  const protocol = cursor as unknown as CursorProtocol
  const submit = protocol.submit.bind(cursor)
  const complete = protocol.handleCommandComplete.bind(cursor)
  let begun = false
  protocol.submit = (connection) => {
    execute(connection, begin)
    submit(connection)
  }
  protocol.handleCommandComplete = (message) => {
    if (begun) complete(message)
    begun = true
  }
  return cursor
}

function execute(connection: Wire, text: string): void {
  connection.parse({ text, name: '' })
  connection.bind({})
  connection.execute({})
}
