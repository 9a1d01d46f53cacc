import type { CallOrigin } from '@holon/rpc'
import type { FastifyRequest } from 'fastify'

import { type Edge, requestTrace } from './edge.ts'
import { idempotencyKeyOf } from './idempotency-key.ts'
import type { PlannedRoute } from './plan-routes.ts'

/** In whose name, in which trace and until when the call of a request is made. */
export function originOf(request: FastifyRequest, timeoutMs: number | undefined, edge: Edge): CallOrigin {
  const idempotencyKey = idempotencyKeyOf(request.headers['idempotency-key'])
  return {
    identity: request.holonIdentity,
    trace: requestTrace(request, edge),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  }
}

/** The input of the call of a request. */
export function inputOf(route: PlannedRoute, request: FastifyRequest): unknown {
  // Fastify's router makes nothing but texts of a path.
  return route.readInput({ url: request.url, params: request.params as Record<string, string>, body: request.body })
}
