import { Readable } from 'node:stream'

import { ServiceError, within } from '@holon/contract'

import { callHandler } from './call-route.ts'
import type { EdgeRoute, EdgeServer, Handler } from './edge-server.ts'
import type { Edge } from './edge.ts'
import type { Exchange } from './exchange.ts'
import { inputOf, originOf } from './operation-request.ts'
import type { PlannedRoute } from './plan-routes.ts'
import { problemOf, toEdgeError } from './problem-replies.ts'
import { eventFrames } from './server-sent-events.ts'

/** A failure within this time from the start of a stream still gets its own status; later, `200` is on its way. */
const streamStartMs = 1000

/** Adds the exposed operations to the server. */
export function addOperationRoutes(server: EdgeServer, routes: readonly PlannedRoute[], edge: Edge): void {
  for (const route of routes) {
    const { operation, mapping, path } = route
    const isStream = operation.compiled.serverStream !== undefined
    const admit = admission(route, edge)
    server.route({
      method: mapping.route.method,
      path: path.replaceAll(/\{([^}]*)\}/g, ':$1'),
      // A HEAD of a stream would begin it only to throw it away.
      head: mapping.route.method === 'GET' && !isStream,
      operation,
      passesBody: passesBody(route),
      ...(admit && { admit }),
      handle: isStream ? streamHandler(route, edge) : callHandler(route, edge),
    })
  }
}

/** Whether the body alone is the input, and goes on as it came. What streams items is called in another way. */
function passesBody({ operation, mapping }: PlannedRoute): boolean {
  const { input, serverStream } = operation.compiled
  return input !== undefined && serverStream === undefined && mapping.path.length === 0
}

/** Tokens are checked before the body is read: strangers cannot make the gateway read what it will refuse. */
function admission({ operation }: PlannedRoute, edge: Edge): EdgeRoute['admit'] {
  const { auth } = operation.compiled
  if (auth === 'none') return undefined
  return async (exchange) => {
    const { authorization } = exchange.headers
    if (authorization !== undefined) exchange.identity = await edge.authenticate(authorization)
    else if (auth === 'required')
      throw new ServiceError('unauthenticated', 'This operation needs a bearer token.', { mayHaveRun: false })
  }
}

/** Aborts when the client is gone before it has its answer. */
function clientGone({ response }: Exchange): AbortController {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort()
  })
  return gone
}

function streamHandler(route: PlannedRoute, edge: Edge): Handler {
  const { operation } = route
  const { timeoutMs } = operation.compiled
  const lasting = timeoutMs === Infinity
  return async (exchange) => {
    const input = inputOf(route, exchange)
    const ended = clientGone(exchange)
    const origin = { ...originOf(exchange, lasting ? undefined : timeoutMs, edge), signal: ended.signal }
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
    const describe = (error: unknown): string => JSON.stringify(problemOf(toEdgeError(error, edge), exchange, edge))
    const frames = eventFrames({ items, first, ended, platform: edge.platform, describe })
    edge.answer(exchange, {
      status: 200,
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no', // nginx would hold events back
        'x-trace-id': exchange.traceIn(edge.traceIds).traceId.toString(),
      },
      body: Readable.from(frames, { objectMode: false, highWaterMark: 1 }),
    })
  }
}
