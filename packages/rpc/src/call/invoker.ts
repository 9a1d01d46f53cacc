import type { CallOptions, Identity, Items, Operation, ServiceError } from '@holon/contract'

import type { Call } from './call.ts'
import type { TraceId } from './trace-ids.ts'

/** Where a call comes from that no handler makes: an outside request, a command line, a test. */
export interface CallOrigin extends CallOptions {
  readonly identity?: Identity | undefined
  /** The trace to continue; a new one is begun without it. */
  readonly trace?: OutsideTrace | undefined
}

/** The trace that something outside has begun. */
export interface OutsideTrace {
  readonly traceId: TraceId
  /** The halves of the id of the span that causes the call; both 0: there is none. */
  readonly spanHigh: number
  readonly spanLow: number
  readonly sampled: boolean
}

/** Takes the answer of a call. One of the two is called, once; neither may throw. */
export interface JsonReply {
  /** The answer as JSON text or as its bytes in UTF-8; undefined where the operation answers with nothing. */
  answered(json: string | Uint8Array | undefined): void
  failed(error: ServiceError): void
}

/**
 * Makes calls that no handler makes, on behalf of one named caller (`gateway`, `cli`, …). Knows where every service
 * runs. All failures are `ServiceError`s.
 */
export interface Invoker {
  /** Calls an operation that answers with one value; `items` are the client's items, if the operation takes some. */
  call(operation: Operation, input: unknown, origin?: CallOrigin, items?: Items<unknown>): Promise<unknown>
  /**
   * Like {@link call}, with the answer as JSON: one that comes from another process is passed on without being decoded.
   * For an edge that makes very many calls: no promise, and no signal, since what is returned can be cancelled. `reply`
   * may have been called by then. The input is taken over: nobody may change it afterwards. It may be a `JsonText`,
   * which is read where the service runs; text that is no JSON fails with `invalid_argument`.
   */
  callForJson(
    operation: Operation,
    input: unknown,
    origin: CallOrigin | undefined,
    reply: JsonReply,
  ): Pick<Call, 'cancel'>
  /** Calls an operation with a `serverStream`. Leaving the loop early cancels the call. */
  stream(operation: Operation, input: unknown, origin?: CallOrigin, items?: Items<unknown>): AsyncIterable<unknown>
}
