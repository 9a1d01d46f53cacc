import type {
  CallContext,
  Client,
  Contract,
  ContractEvent,
  EventInput,
  Handlers,
  InputOf,
  OutputOf,
  Platform,
  Schema,
} from '@holon/contract'
import type { EventLog, PublishOptions, SqlStore, Store, StoreDefinition, Tx } from '@holon/data'
import type { EventInfo, FollowedEvent } from '@holon/events/definition'

import type { Clock, Schedule } from './schedule.ts'
import type { On, Subscription } from './subscription.ts'

/** The contracts a service calls, under the names their clients get in `ctx`. */
export type Uses = { readonly [name: string]: Contract }

/** Writes a service's log lines; each carries service, instance and, inside a call, the trace id. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void
  info(message: string, fields?: Readonly<Record<string, unknown>>): void
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void
  error(message: string, fields?: Readonly<Record<string, unknown>>): void
}

/** The events of a contract: what its service may publish. */
export type EventsOf<C extends Contract> = C['events'][keyof C['events']]

/** A store whose transactions publish only these events. */
type Publishing<S, E extends ContractEvent> = S extends SqlStore<infer DB> ? SqlStore<DB, E> : S

type Clients<U extends Uses> = { readonly [K in keyof U]: Client<U[K]> }

/** What a service has at hand outside of a call: in `start` and `stop`. Clients called from here begin a new trace. */
export type ServiceScope<
  U extends Uses = Uses,
  S extends Store | undefined = Store | undefined,
  C = unknown,
  E extends ContractEvent = ContractEvent,
> = Clients<U> & {
  /** The service's own store; undefined where it declares none. */
  readonly store: Publishing<S, E>
  /**
   * Publishes an event at once, outside of any transaction: resolves when the bus has stored it durably. In no order
   * with events that are published in transactions. With `at` it needs a store, and resolves when it is stored there.
   */
  publish<P extends E>(event: P, data: EventInput<P>, options?: PublishOptions): Promise<void>
  /**
   * Waits until this service has handled an event, so that what is read next has its effects: resolves to true once each of
   * its subscriptions to the event has applied it or given it up, whichever replica did, and to false when that has not
   * happened `withinMs` from now (default 5,000, at most as long as the call has). `id`: what it was published with.
   * Remembered for 7 days, except of an event that a filter passes over. Looks in the store after 10 ms, then less and less
   * often, each second in the end. Rejects with `invalid_argument` without a subscription to the event or for a `withinMs`
   * that is no time, and with `failed_precondition` without an SQL store.
   *
   * @example
   * // published with `{ id: order.orderId }`
   * await ctx.handled(orders.events.placed, orderId)
   * return ctx.store.selectFrom('shipments').selectAll().where('order_id', '=', orderId).execute()
   */
  handled(event: ContractEvent, id: string, options?: { readonly withinMs?: number }): Promise<boolean>
  /**
   * Follows events live, in this replica: resolves once each event that is published from now on is sure to come. Each comes
   * at most once, those of one key in order; none is kept or tried again, and what is published while the bus is away may be
   * missed, so read what they change again from time to time. Ends quietly when the call is given up and as soon as the
   * service is told to stop, which `stopping` tells apart; by itself when it is left with `break` or `return()`. Costs the bus one
   * subscription for each event and replica, however many follow it. An event whose data does not match is passed over and logged.
   *
   * Rejects with `failed_precondition` in a service that neither declares events nor subscribes to any, and with `unavailable` when
   * the bus does not answer within 10 s. When more than 1,000 events wait to be taken, the iteration throws `resource_exhausted`.
   *
   * @example
   * for await (const { data } of await ctx.follow(orders.events.placed, { key: orderId })) yield data.totalCents
   */
  follow<F extends ContractEvent>(
    events: F | readonly F[],
    options?: { /** Only events with this key. Default: all. */ readonly key?: string },
  ): Promise<AsyncGenerator<FollowedEvent<F>, void, void>>
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
  E extends ContractEvent = ContractEvent,
> = ServiceScope<U, S, C, E> & CallContext

/** The unit of work that a handler of an event or a schedule runs in: `tx` where there is an SQL store, else nothing. */
export type UnitOfWork<S, E extends ContractEvent> =
  S extends SqlStore<infer DB>
    ? { readonly tx: Tx<DB, E> }
    : S extends { readonly events: EventLog<infer X> }
      ? { readonly tx: X }
      : unknown

/**
 * What the handler of a subscription gets. Everything that goes through `tx` or `store` commits together with the event's
 * receipt: inside, `store.transaction` joins that one transaction.
 */
export type EventContext<
  U extends Uses = Uses,
  S extends Store | undefined = Store | undefined,
  C = unknown,
  E extends ContractEvent = ContractEvent,
> = HandlerContext<U, S, C, E> & UnitOfWork<S, E> & { readonly event: EventInfo }

/** What the handler of a schedule gets. Its effects commit together with the fact that it ran. */
export type ScheduleContext<
  U extends Uses = Uses,
  S extends Store | undefined = Store | undefined,
  C = unknown,
  E extends ContractEvent = ContractEvent,
> = HandlerContext<U, S, C, E> & UnitOfWork<S, E> & { /** When it was due. */ readonly dueAt: Date }

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
   * `orders` from `ORDERS_SMTP_HOST`. A text is read as what the schema asks for, as the gateway reads a query: numbers, `true` and
   * `false` (also 1 and 0), and, where null is allowed, `null` or nothing; lists and objects as JSON. All mistakes are
   * reported together at start.
   */
  readonly config?: K
  // Nothing is inferred from handlers: who had them looked through for that would wait for it.
  readonly operations: NoInfer<Handlers<C, HandlerContext<U, S, Configured<K>, EventsOf<C>>>>
  /**
   * Events it reacts to. A function, so that handlers know the types of everything above.
   *
   * @example
   * defineService(shipping, {
   *   operations: {},
   *   subscriptions: (on) => [on(orders.events.placed, ({ orderId }, ctx) => ctx.log.info('placed', { orderId }))],
   * })
   */
  readonly subscriptions?: NoInfer<(on: On<EventContext<U, S, Configured<K>, EventsOf<C>>>) => readonly Subscription[]>
  /**
   * What it does at certain times. Needs a store.
   *
   * @example
   * defineService(shipping, {
   *   operations: {},
   *   store,
   *   schedules: ({ every, cron }) => [
   *     every('5m', (ctx) => ctx.log.info('five minutes', { dueAt: ctx.dueAt })),
   *     cron('0 3 * * *', (ctx) => ctx.log.info('night'), { timezone: 'Europe/Berlin' }),
   *   ],
   * })
   */
  readonly schedules?: NoInfer<(clock: Clock<ScheduleContext<U, S, Configured<K>, EventsOf<C>>>) => readonly Schedule[]>
  /**
   * Runs before the first call is accepted; when it rejects, the instance does not start. Services that it `uses` have
   * started before, as far as they run in the same process; a call of one that has not started yet, wherever it runs,
   * waits until it has. Hooks that wait for each other in a circle are refused.
   */
  start?(scope: ServiceScope<U, S, Configured<K>, EventsOf<C>>): void | Promise<void>
  /** Runs after the last call has finished, before the store closes. */
  stop?(scope: ServiceScope<U, S, Configured<K>, EventsOf<C>>): void | Promise<void>
  /** Time limit for opening the store, migrations included, and again for `start`. Default 60 000. */
  readonly startTimeoutMs?: number
}

type Configured<K> = K extends Schema ? OutputOf<K> : undefined

/** A service: a contract and its implementation. Made by `defineService`, default export of a service module. */
export interface ServiceDefinition {
  readonly contract: Contract
  readonly uses: Uses
  readonly store: StoreDefinition<Store> | undefined
  readonly config: Schema | undefined
  readonly operations: {
    readonly [name: string]: (input: unknown, ctx: HandlerContext, items?: AsyncIterable<unknown>) => unknown
  }
  readonly subscriptions: readonly Subscription[]
  readonly schedules: readonly Schedule[]
  readonly start: ((scope: ServiceScope) => void | Promise<void>) | undefined
  readonly stop: ((scope: ServiceScope) => void | Promise<void>) | undefined
  readonly startTimeoutMs: number
}

/** The configuration values a schema accepts, for tests that pass them directly. */
export type ConfigInput<K extends Schema> = InputOf<K>
