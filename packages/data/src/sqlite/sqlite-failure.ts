import type { FailureContext, FailureKind } from '../store-failures.ts'

// sqlite.org/rescode.html: the primary result codes.
const kinds: ReadonlyMap<number, FailureKind> = new Map([
  [3, 'broken'], // PERM
  [5, 'beaten'], // BUSY
  [6, 'beaten'], // LOCKED
  [7, 'full'], // NOMEM
  [8, 'readOnly'], // READONLY
  [10, 'broken'], // IOERR
  [11, 'damaged'], // CORRUPT
  [13, 'full'], // FULL
  [14, 'broken'], // CANTOPEN
  [15, 'beaten'], // PROTOCOL: the race for a lock was lost too often
  [22, 'broken'], // NOLFS
  [26, 'damaged'], // NOTADB
])

/** A text with U+0000. Sqlite would take it; it is refused as PostgreSQL refuses it. */
export class UnstorableText extends Error {
  constructor() {
    super('A text with U+0000 cannot be stored.')
  }
}

/** What kind of failure an error of node:sqlite is; undefined: a mistake in the statement, or in what it was given. */
export function sqliteFailure(error: unknown): FailureKind | undefined {
  if (error instanceof UnstorableText) return 'unstorable'
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return kinds.get(error.errcode & 0xff)
}

/** With sqlite's own short text for the code, which names neither file nor SQL. */
export function describeFailure(error: unknown): FailureContext {
  if (!(error instanceof Error) || !('errstr' in error) || typeof error.errstr !== 'string') return { cause: error }
  return { cause: error, detail: error.errstr }
}
