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
  if (problem.status === 503 || problem.status === 429) void reply.header('retry-after', '1')
  return reply
    .code(problem.status)
    .headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'x-trace-id': problem.traceId })
    .send(Buffer.from(JSON.stringify(problem))) // Fastify adds a charset to texts, which this media type does not have
}

/** RFC 6750: the error is named only where a token was presented. */
function challenge(request: FastifyRequest, realm: string): string {
  const scheme = `Bearer realm="${realm.replaceAll(/[^\x20-\x7e]|["\\]/g, '')}"`
  return request.headers.authorization === undefined ? scheme : `${scheme}, error="invalid_token"`
}

const codeOfStatus: Readonly<Record<number, Code>> = {
  400: 'invalid_argument',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  412: 'failed_precondition',
  416: 'out_of_range',
  429: 'resource_exhausted',
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
  if (status < 400 || status >= 500) {
    edge.observer.observe({ kind: 'fault', subject: 'gateway', error })
    return new ServiceError('internal', 'Internal error in the gateway.', { cause: error })
  }
  return new ServiceError(codeOfStatus[status] ?? 'invalid_argument', 'The request is malformed.', {
    mayHaveRun: false,
  })
}
