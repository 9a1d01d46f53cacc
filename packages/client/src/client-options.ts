import type { CallOptions, Platform } from '@holon/contract'

import type { Fetch } from './fetch.ts'

/** A bearer token, or what gives it: asked before each request; undefined is anonymous. */
export type TokenSource = string | (() => string | undefined | Promise<string | undefined>)

/** Options of a client, all optional. */
export interface ClientOptions {
  /**
   * Where the gateway is, with its prefix: `https://shop.example/api`. Default: the origin of the page; elsewhere than
   * in a browser it must be given.
   */
  readonly baseUrl?: string
  /**
   * Sent to operations that look at it: whose `auth` is not `none`. What it throws, the call rejects with. Default:
   * anonymous.
   */
  readonly token?: TokenSource
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>
  /**
   * Milliseconds for a call with all its retries. Default: the operation's own limit and five seconds for the way.
   * Streams have no limit unless the operation or the call names one.
   */
  readonly timeoutMs?: number
  /** How often a request that may be repeated is made again at most. Default 2; 0 never. */
  readonly retries?: number
  /** Makes the requests. Default: the `fetch` of this runtime. */
  readonly fetch?: Fetch
  /** Clock, timers and randomness. Default: those of this runtime; tests give their own. */
  readonly platform?: Platform
}

/** Options of one call, all optional. */
export interface RequestOptions extends Omit<CallOptions, 'idempotencyKey'> {
  /**
   * Names the intention, in 1 to 255 printable ASCII characters; `true` makes a name for this call. Give it where the
   * operation honours it: then the call is repeated like a query when no answer comes.
   */
  readonly idempotencyKey?: string | true
  /** Sent besides the client's own, and instead of those of the same name. */
  readonly headers?: Readonly<Record<string, string>>
}
