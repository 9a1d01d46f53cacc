import { fieldOf, type Code, isServiceError, ServiceError } from '@holon/contract'

import type { Edge } from './edge.ts'
import type { Exchange } from './exchange.ts'
import { EdgeError, type Problem, toProblem } from './problem.ts'

/** The problem document that answers a request with an error. */
export function problemOf(error: ServiceError, exchange: Exchange, edge: Edge): Problem {
  const traceId = exchange.traceIn(edge.traceIds).traceId.toString()
  return toProblem(error, { path: exchange.path, traceId, operation: exchange.operation })
}

/** Answers a request with a problem document. `error` may be anything that was thrown. */
export function sendProblem(error: unknown, exchange: Exchange, edge: Edge): void {
  const problem = problemOf(toEdgeError(error, edge), exchange, edge)
  const { status, traceId } = problem
  const range = status === 416 ? rangeOf(error) : undefined
  edge.answer(exchange, {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-trace-id': traceId,
      ...(status === 401 && { 'www-authenticate': challenge(exchange, edge.app) }),
      ...(range !== undefined && { 'content-range': range }),
      ...((status === 503 || status === 429) && { 'retry-after': '1' }),
    },
    body: JSON.stringify(problem),
  })
}

/** `Content-Range` of a file without the range that was asked for: how long it is (RFC 9110). */
function rangeOf(error: unknown): string | undefined {
  const range = fieldOf(fieldOf(error, 'headers'), 'Content-Range')
  return typeof range === 'string' ? range : undefined
}

/** RFC 6750: the error is named only where a token was presented. */
function challenge({ headers }: Exchange, realm: string): string {
  const scheme = `Bearer realm="${realm.replaceAll(/[^\x20-\x7e]|["\\]/g, '')}"`
  return headers.authorization === undefined ? scheme : `${scheme}, error="invalid_token"`
}

/** What a library's status means here; of its 403 only that it serves no such path, for nobody has been asked who he is. */
const codeOfStatus: Readonly<Record<number, Code>> = {
  400: 'invalid_argument',
  403: 'not_found',
  404: 'not_found',
}

/** Turns what a library or a bug of ours threw into an error that may be shown. */
export function toEdgeError(error: unknown, edge: Edge): ServiceError {
  if (isServiceError(error)) return error
  const statusCode = fieldOf(error, 'statusCode')
  const status = typeof statusCode === 'number' ? statusCode : 500
  if (status === 412) return new EdgeError('precondition_failed', 'The file is another one than the request asks for.')
  if (status === 416) return new EdgeError('range_not_satisfiable', 'The file has no such range; see Content-Range.')
  if (status < 400 || status >= 500) {
    edge.observer.observe({ kind: 'fault', subject: 'gateway', error })
    return new ServiceError('internal', 'Internal error in the gateway.', { cause: error })
  }
  const known = codeOfStatus[status] ?? 'invalid_argument'
  const message = known === 'not_found' ? 'There is nothing at this path.' : 'The request is malformed.'
  return new ServiceError(known, message, { mayHaveRun: false })
}
