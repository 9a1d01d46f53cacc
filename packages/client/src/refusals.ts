import type { Issue } from '@holon/contract'
import { ServiceError } from '@holon/contract/error'

/** The error of an input that HTTP would carry as another one, or not at all. Nothing has been sent. */
export function refusedInput(operation: string, issue: Issue): ServiceError {
  const where = issue.path.length === 0 ? '' : `${issue.path.join('.')}: `
  return new ServiceError('invalid_argument', `The input of ${operation} is wrong: ${where}${issue.message}.`, {
    mayHaveRun: false,
    issues: [issue],
  })
}

/** The error of an operation that HTTP does not carry. */
export function unreachable(operation: string, takesItems: boolean): ServiceError {
  const reason = takesItems
    ? 'takes a stream of items, which HTTP does not carry; use a command that takes a list'
    : "has no HTTP route; give it one in its contract (http: 'GET /…'), and expose it at the gateway"
  return new ServiceError('unimplemented', `${operation} ${reason}.`, { mayHaveRun: false })
}
