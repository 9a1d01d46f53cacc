import type { CallContext, Client, Contract, Handlers, InputOf, OutputOf, Platform, Schema } from '@holon/contract'
import type { Store, StoreDefinition } from '@holon/data'

/** The contracts a service calls, under the names their clients get in `ctx`. */
export type Uses = { readonly [name: string]: Contract }

/** Writes a service's log lines; each carries service, instance and, inside a call, the trace id. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

type Clients<U extends Uses> = { readonly [K in keyof U]: Client<U[K]> }

/** What a service has at hand outside of a call: in `start` and `stop`. Clients called from here begin a new trace. */
export type ServiceScope<
  U extends Uses = Uses,
  S extends Store | undefined = Store | undefined,
  C = unknown,
> = Clients<U> & {
  /** The service's own store; undefined where it declares none. */
  readonly store: S
  /** The parsed configuration; undefined where it declares none. */
  readonly config: C
  readonly log: Log
  readonly platform: Platform
  /** Aborts when the service is told to stop. */
  readonly stopping: AbortSignal
}

/** What a handler gets: the service's scope and the call it answers. Clients pass on deadline, trace and identity. */
export type HandlerContext<
  U extends Uses = Uses,
  S extends Store | undefined = Store | undefined,
  C = unknown,
> = ServiceScope<U, S, C> & CallContext

/** The implementation of a contract, as `defineService` takes it. */
export interface ServiceOptions<
  C extends Contract,
  U extends Uses,
  S extends Store | undefined,
  K extends Schema | undefined,
> {
  /** Contracts of the services it calls. Calling anything else does not compile and is refused at run time. */
  readonly uses?: U
  /** Its own store. No other service can reach it. */
  readonly store?: StoreDefinition<NonNullable<S>>
  /**
   * Schema of its configuration, an object whose fields are read from environment variables: field `smtpHost` of service
   * `orders` from `ORDERS_SMTP_HOST`. Numbers and booleans are converted. All mistakes are reported together at start.
   */
  readonly config?: K
  readonly operations: Handlers<C, HandlerContext<U, S, K extends Schema ? OutputOf<K> : undefined>>
  /** Runs before the first call is accepted; when it rejects, the instance does not start. */
  start?(scope: ServiceScope<U, S, K extends Schema ? OutputOf<K> : undefined>): void | Promise<void>
  /** Runs after the last call has finished, before the store closes. */
  stop?(scope: ServiceScope<U, S, K extends Schema ? OutputOf<K> : undefined>): void | Promise<void>
}

/** A service: a contract and its implementation. Made by `defineService`, default export of a service module. */
export interface ServiceDefinition {
  readonly contract: Contract
  readonly uses: Uses
  readonly store: StoreDefinition<Store> | undefined
  readonly config: Schema | undefined
  readonly operations: {
    readonly [name: string]: (input: unknown, ctx: HandlerContext, items?: AsyncIterable<unknown>) => unknown
  }
  readonly start: ((scope: ServiceScope) => void | Promise<void>) | undefined
  readonly stop: ((scope: ServiceScope) => void | Promise<void>) | undefined
}

/** The configuration values a schema accepts, for tests that pass them directly. */
export type ConfigInput<K extends Schema> = InputOf<K>
