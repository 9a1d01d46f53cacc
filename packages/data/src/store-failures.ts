import type { Code } from '@holon/contract'
import { ServiceError, serverFull } from '@holon/contract/error'

/** How a database can fail without a mistake of the statement's. */
export type FailureKind =
  | 'full'
  | 'readOnly'
  | 'broken'
  | 'damaged'
  | 'lost'
  | 'beaten'
  | 'slow'
  /** The one that is the caller's: U+0000, which no column of text takes. */
  | 'unstorable'

const told: Readonly<Record<FailureKind, { readonly code: Code; readonly what: string }>> = {
  full: { code: 'resource_exhausted', what: 'has no room left on its disk, in its memory or for another connection' },
  readOnly: { code: 'unavailable', what: 'is read-only at present and takes no changes' },
  broken: { code: 'unavailable', what: 'cannot read or write its files' },
  damaged: { code: 'data_loss', what: 'found that data is lost or damaged' },
  lost: { code: 'unavailable', what: 'has terminated the connection, or does not answer' },
  beaten: { code: 'aborted', what: 'has undone a transaction that got in the way of another: run it again, all of it' },
  slow: { code: 'deadline_exceeded', what: 'has ended what took too long, by its statement timeout or another limit' },
  unstorable: { code: 'invalid_argument', what: 'cannot store a text with U+0000' },
}

/** What is known of the failed statement besides its error. */
export interface FailureContext {
  readonly cause?: unknown
  /** The engine's own short name of the failure; it names neither host, path nor SQL. */
  readonly detail?: string
  /** The statement, or the transaction with it, may have taken effect before the answer was lost. */
  readonly unsure?: boolean
}

/** The error that a failure of the database reaches the handler as, and the caller if the handler does not catch it. */
export function storeFailure(
  service: string,
  kind: FailureKind,
  { cause, detail, unsure = false }: FailureContext,
): ServiceError {
  const { code, what } = told[kind]
  const reason = detail === undefined ? '' : ` (${detail})`
  const outcome = unsure ? ' Whether the change was made is not known.' : ''
  return new ServiceError(code, `The database of service "${service}" ${what}${reason}.${outcome}`, {
    ...(kind === 'full' && { failure: serverFull }),
    cause,
  })
}
