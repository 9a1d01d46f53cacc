import { HttpError, isServiceError, type ServiceError } from 'holon/client'

/** What a visitor can do about a problem. */
export type ProblemKind = 'sign-in' | 'not-found' | 'refused' | 'unavailable'

/** An error as a page shows it. */
export interface Problem {
  kind: ProblemKind
  detail: string
}

const fallbacks: Record<ProblemKind, string> = {
  'sign-in': 'Please sign in to continue.',
  'not-found': 'We could not find what you were looking for.',
  refused: 'The shop could not accept this request.',
  unavailable: 'The shop did not answer in time. Please try again in a moment.',
}

/** Sees any thrown value as a problem that can be shown. */
export function toProblem(error: unknown): Problem {
  if (!isServiceError(error)) return { kind: 'unavailable', detail: 'Something went wrong on this page.' }
  const kind = kindOf(error)
  if (!(error instanceof HttpError))
    return { kind, detail: 'We could not reach the shop. Check your connection and try again.' }
  // What the shop itself says is meant for people; what a proxy says is not.
  return { kind, detail: error.type === undefined ? fallbacks[kind] : error.message }
}

function kindOf({ code }: ServiceError): ProblemKind {
  switch (code) {
    case 'unauthenticated':
      return 'sign-in'
    case 'not_found':
      return 'not-found'
    case 'invalid_argument':
    case 'already_exists':
    case 'permission_denied':
    case 'failed_precondition':
    case 'aborted':
    case 'out_of_range':
      return 'refused'
    default:
      // It may work in a moment.
      return 'unavailable'
  }
}
