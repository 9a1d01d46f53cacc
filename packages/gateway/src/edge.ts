import type { Identity, Observer, Platform } from '@holon/contract'
import type { Invoker, OutsideTrace, TraceIds } from '@holon/rpc'
import type { FastifyRequest } from 'fastify'

import type { Authenticator } from './authenticator.ts'
import type { RawAnswer } from './raw-answer.ts'
import type { RunningCalls } from './running-calls.ts'
import { traceOf } from './trace.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is asking, as verified by this gateway; undefined when anonymous. */
    holonIdentity: Identity | undefined
    /** Set when first asked for. */
    holonTrace: OutsideTrace | undefined
  }
}

/** What the parts of one gateway share. */
export interface Edge {
  /** The app's name. */
  readonly app: string
  readonly invoker: Invoker
  readonly platform: Platform
  readonly observer: Observer
  readonly authenticate: Authenticator
  readonly traceIds: TraceIds
  readonly answerRaw: RawAnswer
  /** The calls that answer with one value. */
  readonly running: RunningCalls
  /** Deadline of calls whose operation has no shorter one. */
  readonly callTimeoutMs: number
  /** The event streams that are open, by what ends them; `lasting` ones have no deadline of their own. */
  readonly streams: Map<AbortController, { readonly lasting: boolean }>
}

/** The trace of a request: continued from its `traceparent`, or begun. */
export function requestTrace(request: FastifyRequest, { traceIds }: Pick<Edge, 'traceIds'>): OutsideTrace {
  request.holonTrace ??= traceOf(request.headers['traceparent'], traceIds)
  return request.holonTrace
}

/** The path of a request, without the query string. */
export function requestPath(request: FastifyRequest): string {
  const { url } = request
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}

/** A path as the router and the file system read it; as it is where it is no percent-encoded UTF-8. */
export function decodedPath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
