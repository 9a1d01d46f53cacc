import type { Identity, Operation } from '@holon/contract'
import type { OutsideTrace, TraceIds } from '@holon/rpc'

import type { IncomingMessage, ServerResponse, Socket } from './http-server.ts'
import { traceOf } from './trace.ts'

const noParams: Readonly<Record<string, string>> = {}

/** One request and the response to it. */
export class Exchange {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The request's target, with the query string. */
  readonly url: string
  /** The operation that the route offers. */
  operation: Operation | undefined = undefined
  /** What stands in the path where the route has a name, decoded; `*` is what a route's wildcard took. */
  params: Readonly<Record<string, string>> = noParams
  /** What was read of the request's body; undefined where there is none. */
  body: unknown = undefined
  /** Who is asking, as verified by this gateway; undefined when anonymous. */
  identity: Identity | undefined = undefined
  #trace: OutsideTrace | undefined = undefined

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request
    this.response = response
    this.url = request.url ?? '/'
  }

  get headers(): IncomingMessage['headers'] {
    return this.request.headers
  }

  get method(): string {
    return this.request.method ?? 'GET'
  }

  get socket(): Socket {
    return this.request.socket
  }

  /** Whether nobody is there any more who could be answered. */
  get isGone(): boolean {
    return this.response.destroyed || this.request.socket.destroyed
  }

  /** The path, without the query string. */
  get path(): string {
    const query = this.url.indexOf('?')
    return query === -1 ? this.url : this.url.slice(0, query)
  }

  /** The trace of the request: continued from its `traceparent`, or begun. */
  traceIn(ids: TraceIds): OutsideTrace {
    return (this.#trace ??= traceOf(this.request.headers['traceparent'], ids))
  }
}
