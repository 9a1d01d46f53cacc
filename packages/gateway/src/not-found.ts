import { ServiceError } from '@holon/contract'

import type { Handler } from './edge-server.ts'
import { decodedPath, type Edge } from './edge.ts'
import type { Exchange } from './exchange.ts'
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
  /** Tells whether it answers. */
  readonly fallback: (exchange: Exchange) => boolean | Promise<boolean>
}

/** Answers what no route answers; also what is asked for where files are, and is none. */
export function notFoundHandler({ methods, fallback }: NotFound, edge: Edge): Handler {
  return async (exchange) => {
    const { path, method, response } = exchange
    const allowed = methods(path)
    if (allowed.length > 0 && !allowed.includes(method)) {
      response.setHeader('allow', allowed.join(', '))
      const message = `${path} does not know ${method}; it knows ${allowed.join(', ')}.`
      throw new EdgeError('method_not_allowed', message)
    }
    // Where files are served at `/`, the router takes a path with too long a part for that of a file.
    if (allowed.length > 0 && path.split('/').some((part) => part.length > maxPartLength))
      throw new EdgeError('url_too_long', tooLong)
    if (await fallback(exchange)) return
    sendProblem(new ServiceError('not_found', `There is nothing at ${path}.`, { mayHaveRun: false }), exchange, edge)
  }
}
