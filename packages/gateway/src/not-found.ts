import { ServiceError } from '@holon/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'

import { type Edge, requestPath } from './edge.ts'
import { maxPartLength, ownPaths, type PlannedRoute } from './plan-routes.ts'
import { sendProblem } from './problem-replies.ts'
import { EdgeError } from './problem.ts'

/** What is said of a path with a part that is too long. */
const tooLong = 'A part of the path is longer than this gateway accepts.'

/** Tells which methods a path knows; empty where the path is unknown. */
export type MethodsAt = (path: string) => readonly string[]

/** Prepares the answer to "which methods does this path know?". Asked only when nothing else has answered. */
export function methodsAt(routes: readonly PlannedRoute[]): MethodsAt {
  const known = routes.map(({ path, mapping, operation }) => {
    const { method } = mapping.route
    const hasHead = method === 'GET' && operation.compiled.serverStream === undefined
    return { segments: path.split('/'), methods: hasHead ? ['GET', 'HEAD'] : [method] }
  })
  const own = ownPaths.map((path) => ({ segments: path.split('/'), methods: ['GET', 'HEAD'] }))
  return (path) => {
    const asked = path.split('/')
    const matching = [...known, ...own].filter(({ segments }) => matches(segments, asked))
    return [...new Set(matching.flatMap(({ methods }) => methods))]
  }
}

function matches(segments: readonly string[], asked: readonly string[]): boolean {
  return (
    segments.length === asked.length &&
    segments.every((segment, index) => (segment.startsWith('{') ? asked[index] !== '' : segment === asked[index]))
  )
}

/** Answers what no route answers: `fallback` (the page of a single-page app) first, else 405 or 404. */
export function notFoundHandler(
  methods: MethodsAt,
  fallback: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined,
  edge: Edge,
): (request: FastifyRequest, reply: FastifyReply) => FastifyReply {
  return (request, reply) => {
    const path = requestPath(request)
    const allowed = methods(path)
    if (allowed.length > 0 && !allowed.includes(request.method)) {
      void reply.header('allow', allowed.join(', '))
      const message = `${path} does not know ${request.method}; it knows ${allowed.join(', ')}.`
      return sendProblem(new EdgeError('method_not_allowed', message), reply, edge)
    }
    // Where files are served at `/`, the router takes a path with too long a part for that of a file.
    if (allowed.length > 0 && path.split('/').some((part) => part.length > maxPartLength))
      return sendProblem(new EdgeError('url_too_long', tooLong), reply, edge)
    const message = `There is nothing at ${path}.`
    return (
      fallback(request, reply) ??
      sendProblem(new ServiceError('not_found', message, { mayHaveRun: false }), reply, edge)
    )
  }
}
