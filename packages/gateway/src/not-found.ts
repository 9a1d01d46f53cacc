import { ServiceError } from '@holon/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { decodedPath, type Edge, requestPath } from './edge.ts'
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
    // Split before it is decoded, as the router does it: an encoded slash belongs to its part.
    const asked = path.split('/').map(decodedPath)
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

/** What answers where no route does: `fallback` (the page of a single-page app) first, else 405 or 404. */
export interface NotFound {
  readonly methods: MethodsAt
  readonly fallback: (request: FastifyRequest, reply: FastifyReply) => FastifyReply | undefined
}

/** Answers what no route answers, before a body is read. */
export async function addNotFound(server: FastifyInstance, notFound: NotFound, edge: Edge): Promise<void> {
  // In a scope of its own, so that no route has the hook.
  await server.register((scope, _options, done) => {
    scope.addHook('onRequest', (request, reply) => {
      void answerNotFound(notFound, { request, reply }, edge)
    })
    // Asked by what serves files, where it has none.
    scope.setNotFoundHandler((request, reply) => answerNotFound(notFound, { request, reply }, edge))
    done()
  })
}

function answerNotFound(
  { methods, fallback }: NotFound,
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  edge: Edge,
): FastifyReply {
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
    fallback(request, reply) ?? sendProblem(new ServiceError('not_found', message, { mayHaveRun: false }), reply, edge)
  )
}
