import { createBareAnswers } from './bare-answers.ts'
import { crossOrigin } from './cross-origin.ts'
import type { GatewayDefinition } from './definition/index.ts'
import { EdgeServer } from './edge-server.ts'
import type { Edge } from './edge.ts'
import { securityHeaders } from './security-headers.ts'

const defaults = { bodyBytes: 1024 * 1024, headerBytes: 16 * 1024, requestTimeoutMs: 15_000 } as const

/** An HTTP server with the gateway's limits and headers, and no routes yet. */
export function createServer({ cors, limits = {} }: GatewayDefinition, edge: Edge): EdgeServer {
  const requestTimeout = limits.requestTimeoutMs ?? defaults.requestTimeoutMs
  const security = securityHeaders()
  return new EdgeServer({
    edge,
    answers: createBareAnswers(edge.traceIds, security),
    bodyBytes: limits.bodyBytes ?? defaults.bodyBytes,
    before: cors !== undefined && cors.origins.length > 0 ? crossOrigin(cors, security) : undefined,
    http: {
      requestTimeout,
      headersTimeout: requestTimeout,
      connectionsCheckingInterval: Math.max(50, Math.min(1000, requestTimeout / 4)),
      keepAliveTimeout: 72_000, // above the 60 s of the usual load balancers, so that they close first
      maxHeaderSize: limits.headerBytes ?? defaults.headerBytes,
    },
  })
}
