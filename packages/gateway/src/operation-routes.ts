import { Readable } from 'node:stream'

import { ServiceError, within } from '@holon/contract'
import type { FastifyInstance, FastifyReply, onRequestAsyncHookHandler, RouteHandlerMethod } from 'fastify'

import { callHandler } from './call-route.ts'
import { type Edge, requestTrace } from './edge.ts'
import { inputOf, originOf } from './operation-request.ts'
import type { PlannedRoute } from './plan-routes.ts'
import { problemOf, toEdgeError } from './problem-replies.ts'
import { eventFrames } from './server-sent-events.ts'

/** A failure within this time from the start of a stream still gets its own status; later, `200` is on its way. */
const streamStartMs = 1000

/** Adds the exposed operations to the server. */
export function addOperationRoutes(server: FastifyInstance, routes: readonly PlannedRoute[], edge: Edge): void {
  for (const route of routes) {
    const { operation, mapping, path } = route
    const isStream = operation.compiled.serverStream !== undefined
    const onRequest = authHook(route, edge)
    server.route({
      method: mapping.route.method,
      url: path.replaceAll(/\{([^}]*)\}/g, ':$1'),
      // A HEAD of a stream would begin it only to throw it away.
      exposeHeadRoute: mapping.route.method === 'GET' && !isStream,
      config: { operation, passesBody: passesBody(route) },
      ...(onRequest && { onRequest }),
      handler: isStream ? streamHandler(route, edge) : callHandler(route, edge),
    })
  }
}

/** Whether the body alone is the input, and goes on as it came. What streams items is called in another way. */
function passesBody({ operation, mapping }: PlannedRoute): boolean {
  const { input, serverStream } = operation.compiled
  return input !== undefined && serverStream === undefined && mapping.path.length === 0
}

/** Tokens are checked before the body is read: strangers cannot make the gateway read what it will refuse. */
function authHook({ operation }: PlannedRoute, edge: Edge): onRequestAsyncHookHandler | undefined {
  const { auth } = operation.compiled
  if (auth === 'none') return undefined
  return async (request) => {
    const { authorization } = request.headers
    if (authorization !== undefined) request.holonIdentity = await edge.authenticate(authorization)
    else if (auth === 'required')
      throw new ServiceError('unauthenticated', 'This operation needs a bearer token.', { mayHaveRun: false })
  }
}

/**
 * Aborts when the client is gone before it has its answer. (`request.signal` of Fastify also aborts as soon as a body has
 * been read: it listens to the request, which is over then.)
 */
function clientGone({ raw }: FastifyReply): AbortController {
  const gone = new AbortController()
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort()
  })
  return gone
}

function streamHandler(route: PlannedRoute, edge: Edge): RouteHandlerMethod {
  const { operation } = route
  const { timeoutMs } = operation.compiled
  const lasting = timeoutMs === Infinity
  return async (request, reply) => {
    const input = inputOf(route, request)
    const ended = clientGone(reply)
    const origin = { ...originOf(request, lasting ? undefined : timeoutMs, edge), signal: ended.signal }
    edge.streams.set(ended, { lasting })
    ended.signal.addEventListener('abort', () => edge.streams.delete(ended), { once: true })
    const items = edge.invoker.stream(operation, input, origin)[Symbol.asyncIterator]()
    const first = items.next()
    try {
      await within(edge.platform, streamStartMs, first)
    } catch (error) {
      ended.abort()
      throw error
    }
    const describe = (error: unknown): string => JSON.stringify(problemOf(toEdgeError(error, edge), request, edge))
    const frames = eventFrames({ items, first, ended, platform: edge.platform, describe })
    return reply
      .headers({
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no', // nginx would hold events back
        'x-trace-id': requestTrace(request, edge).traceId.toString(),
      })
      .send(Readable.from(frames, { objectMode: false, highWaterMark: 1 }))
  }
}
