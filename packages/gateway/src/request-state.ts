import type { Identity } from '@holon/contract'

import type { RequestTrace } from './trace.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking, as verified by this gateway; undefined when anonymous. */
    holonIdentity: Identity | undefined
    /** Set when first asked for. */
    holonTrace: RequestTrace | undefined
  }
}
