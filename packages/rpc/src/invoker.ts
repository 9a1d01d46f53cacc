import type { CallOptions, Identity, Items, Operation, TraceContext } from '@holon/contract'

/** Where a call comes from that no handler makes: an outside request, a command line, a test. */
export interface CallOrigin extends CallOptions {
  readonly identity?: Identity | undefined
  /** The trace to continue; a new one is begun without it. */
  readonly trace?: Pick<TraceContext, 'traceId' | 'spanId' | 'sampled'> | undefined
}

/**
 * Makes calls that no handler makes, on behalf of one named caller (`gateway`, `cli`, …). Knows where every service
 * runs. All failures are `ServiceError`s.
 */
export interface Invoker {
  /** Calls an operation that answers with one value; `items` are the client's items, if the operation takes some. */
  call(operation: Operation, input: unknown, origin?: CallOrigin, items?: Items<unknown>): Promise<unknown>
  /**
   * Like {@link call}, with the answer as JSON text (or its bytes in UTF-8): an answer that comes from another process is
   * passed on without being decoded. Undefined where the operation answers with nothing.
   */
  callForJson(operation: Operation, input: unknown, origin?: CallOrigin): Promise<string | Uint8Array | undefined>
  /** Calls an operation with a `serverStream`. Leaving the loop early cancels the call. */
  stream(operation: Operation, input: unknown, origin?: CallOrigin, items?: Items<unknown>): AsyncIterable<unknown>
}
