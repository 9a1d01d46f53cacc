/**
 * Who is acting, as the gateway verified it. Travels with every downstream call.
 */
export interface Identity {
  /** The verified subject (the `sub` claim of the token). */
  readonly subject: string
  /** The token's issuer. */
  readonly issuer: string
  /** The other verified claims. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** W3C trace context (https://www.w3.org/TR/trace-context/) of one call. */
export interface TraceContext {
  /** 32 lower-case hex digits, the same for everything that one outside request causes. */
  readonly traceId: string
  /** 16 lower-case hex digits: this call. */
  readonly spanId: string
  /** 16 lower-case hex digits: the call that made this one, if any. */
  readonly parentSpanId?: string
  readonly sampled: boolean
}

/** What every handler can see of the call it answers. */
export interface CallContext {
  /** `service.operation`. */
  readonly operation: string
  /** The service (or `gateway`, or `cli`) that called. */
  readonly caller: string
  /** Verified identity of the person or machine on whose behalf the call is made; undefined when anonymous. */
  readonly identity: Identity | undefined
  /** Given by the caller to make repeating a command safe; undefined when none was given. */
  readonly idempotencyKey: string | undefined
  readonly trace: TraceContext
  /** Aborts when the caller gave up, the deadline passed or the connection was lost. Made when first asked for. */
  readonly signal: AbortSignal
  /** Milliseconds left until the deadline; never negative. */
  remainingMs(): number
}

/** Options of one call, all optional. */
export interface CallOptions {
  /** Gives up after this many milliseconds. Never longer than what is left of the calling handler's own deadline. */
  readonly timeoutMs?: number
  /** Gives up when aborted. The calling handler's own cancellation is always respected in addition. */
  readonly signal?: AbortSignal
  /** Makes repeating a command safe where the called service honours it. */
  readonly idempotencyKey?: string
}
