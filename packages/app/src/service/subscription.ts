import type { ContractEvent, EventData } from '@holon/contract'
import type { RetryOptions } from '@holon/events/definition'

/** How a subscription deals with its events. Everything may be left out. */
export interface SubscriptionOptions<Data = unknown> {
  /** Tells two subscriptions of one service to the same event apart. Default: the event's id. A new name is a new subscription. */
  readonly name?: string
  /** How many events of different keys are handled at the same time in one replica. Default 16. */
  readonly concurrency?: number
  /** `key` (default): events of one key one at a time, in the order of publishing. `none`: all at the same time. */
  readonly order?: 'key' | 'none'
  /** Where a subscription begins that is new: `new` (default) with what is published from now on, `all` with the oldest event that the bus keeps. */
  readonly start?: 'new' | 'all'
  /** When a handler that failed is tried again, and after how many tries the event becomes a dead letter. */
  readonly retry?: RetryOptions
  /** Time limit of one try. Default 30 000. */
  readonly timeoutMs?: number
  /**
   * `shared` (default): under load, events of several keys are handled one after another in one transaction, which is
   * quicker. `own`: each in a transaction of its own, for handlers that lock rows in an order that must hold (two orders
   * in one transaction could lock against a third), or that do things outside of the store.
   */
  readonly transaction?: 'shared' | 'own'
  /** Events for which it answers false are passed over. */
  readonly filter?: (data: Data) => boolean
}

/** A subscription of a service, made by {@link On}. */
export interface Subscription {
  readonly kind: 'subscription'
  readonly event: ContractEvent
  readonly handle: (data: never, ctx: never) => unknown
  readonly options: SubscriptionOptions<never>
}

/**
 * Subscribes a service to an event: a named, durable subscription that all replicas of the service share. The handler
 * runs in a unit of work: what it writes through `ctx.store` or `ctx.tx`, the events it publishes there, and the receipt
 * of the event commit together, so that the effect happens exactly once however often the event is delivered. It throws
 * to be tried again. A service without a store gets each event at least once: recognise repetitions by `ctx.event.id`.
 *
 * `Ctx` is what handlers of the service are given besides the data.
 */
export type On<Ctx> = <E extends ContractEvent>(
  event: E,
  handle: (data: EventData<E>, ctx: Ctx) => void | Promise<void>,
  options?: SubscriptionOptions<EventData<E>>,
) => Subscription

/** What `defineService` hands to `subscriptions`. */
export const on: On<never> = (event, handle, options) => ({
  kind: 'subscription',
  event,
  handle,
  options: options ?? {},
})
