import { Readable } from 'node:stream'

import { within } from '@holon/contract'

import type { Handler } from './edge-server.ts'
import type { Edge } from './edge.ts'
import type { Exchange } from './exchange.ts'
import { inputOf, originOf } from './operation-request.ts'
import type { PlannedRoute } from './plan-routes.ts'
import { problemOf, toEdgeError } from './problem-replies.ts'
import { eventFrames } from './server-sent-events.ts'

/** A failure within this time from the start of a stream still gets its own status; later, `200` is on its way. */
const streamStartMs = 1000

/** Answers the requests of an operation that answers with a stream. */
export function streamHandler(route: PlannedRoute, edge: Edge): Handler {
  const { operation } = route
  const { timeoutMs } = operation.compiled
  const lasting = timeoutMs === Infinity
  return async (exchange) => {
    const input = inputOf(route, exchange)
    const origin = originOf(exchange, lasting ? undefined : timeoutMs, edge)
    const ended = openStream(exchange, lasting, edge)
    try {
      const items = edge.invoker.stream(operation, input, { ...origin, signal: ended.signal })[Symbol.asyncIterator]()
      const first = items.next()
      await within(edge.platform, streamStartMs, first)
      const describe = (error: unknown): string => JSON.stringify(problemOf(toEdgeError(error, edge), exchange, edge))
      const frames = eventFrames({ items, first, ended, platform: edge.platform, describe })
      const body = Readable.from(frames, { objectMode: false, highWaterMark: 1 })
      // Frames of which none was asked for end nothing.
      body.once('close', () => ended.abort())
      edge.answer(exchange, {
        status: 200,
        headers: {
          'content-type': 'text/event-stream; charset=utf-8',
          'cache-control': 'no-store',
          'x-accel-buffering': 'no', // nginx would hold events back
          'x-trace-id': exchange.traceIn(edge.traceIds).traceId.toString(),
        },
        body,
      })
    } catch (error) {
      ended.abort()
      throw error
    }
  }
}

/** What ends a stream: it is among the open ones until then, and aborts when the connection closes. */
function openStream({ socket }: Exchange, lasting: boolean, { streams, running }: Edge): AbortController {
  const ended = new AbortController()
  const call = { cancel: () => ended.abort() }
  streams.set(ended, { lasting })
  ended.signal.addEventListener(
    'abort',
    () => {
      streams.delete(ended)
      running.remove(socket, call)
    },
    { once: true },
  )
  running.add(socket, call)
  return ended
}
