import { fieldOf, type Code, isServiceError, type Operation, ServiceError } from '@holon/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { type Edge, requestPath, requestTrace } from './edge.ts'
import { EdgeError, type Problem, toProblem } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation that the route offers. */
    operation?: Operation
    /** The body is the operation's input, and passed on unread. */
    passesBody?: boolean
  }
}

/** The problem document that answers a request with an error. */
export function problemOf(error: ServiceError, request: FastifyRequest, edge: Edge): Problem {
  const traceId = requestTrace(request, edge).traceId.toString()
  return toProblem(error, { path: requestPath(request), traceId, operation: request.routeOptions.config.operation })
}

/** Answers a request with a problem document. `error` may be anything that was thrown. */
export function sendProblem(error: unknown, reply: FastifyReply, edge: Edge): FastifyReply {
  const { request } = reply
  const problem = problemOf(toEdgeError(error, edge), request, edge)
  if (problem.status === 401) void reply.header('www-authenticate', challenge(request, edge.app))
  if (problem.status === 416) void reply.header('content-range', rangeOf(error))
  if (problem.status === 503 || problem.status === 429) void reply.header('retry-after', '1')
  return reply
    .code(problem.status)
    .headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'x-trace-id': problem.traceId })
    .send(Buffer.from(JSON.stringify(problem))) // Fastify adds a charset to texts, which this media type does not have
}

/** `Content-Range` of a file without the range that was asked for: how long it is (RFC 9110). */
function rangeOf(error: unknown): string | undefined {
  const range = fieldOf(fieldOf(error, 'headers'), 'Content-Range')
  return typeof range === 'string' ? range : undefined
}

/** RFC 6750: the error is named only where a token was presented. */
function challenge(request: FastifyRequest, realm: string): string {
  const scheme = `Bearer realm="${realm.replaceAll(/[^\x20-\x7e]|["\\]/g, '')}"`
  return request.headers.authorization === undefined ? scheme : `${scheme}, error="invalid_token"`
}

/** What a library's status means here; of its 403 only that it serves no such path, for nobody has been asked who he is. */
const codeOfStatus: Readonly<Record<number, Code>> = {
  400: 'invalid_argument',
  403: 'not_found',
  404: 'not_found',
}

/** Turns what Fastify, a plugin or a bug of ours threw into an error that may be shown. */
export function toEdgeError(error: unknown, edge: Edge): ServiceError {
  if (isServiceError(error)) return error
  const statusCode = fieldOf(error, 'statusCode')
  switch (fieldOf(error, 'code')) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new EdgeError('body_too_large', 'The body is larger than this gateway accepts.')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new EdgeError(
        'unsupported_media_type',
        'The body must be JSON; send it with Content-Type: application/json.',
      )
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new EdgeError('url_too_long', 'A part of the path is longer than this gateway accepts.')
    case 'FST_ERR_BAD_URL':
      return new ServiceError('invalid_argument', 'The path is not valid percent-encoded UTF-8.', { mayHaveRun: false })
    default:
  }
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
