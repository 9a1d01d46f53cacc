import type { CallOrigin } from '@holon/rpc'

import type { Edge } from './edge.ts'
import type { Exchange } from './exchange.ts'
import { idempotencyKeyOf } from './idempotency-key.ts'
import type { PlannedRoute } from './plan-routes.ts'

/** In whose name, in which trace and until when the call of a request is made. */
export function originOf(exchange: Exchange, timeoutMs: number | undefined, edge: Edge): CallOrigin {
  const idempotencyKey = idempotencyKeyOf(exchange.headers['idempotency-key'])
  return {
    identity: exchange.identity,
    trace: exchange.traceIn(edge.traceIds),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  }
}

/** The input of the call of a request. */
export function inputOf(route: PlannedRoute, { url, params, body }: Exchange): unknown {
  return route.readInput({ url, params, body })
}
