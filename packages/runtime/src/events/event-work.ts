import type { Store } from '@holon/data'
import type { Consumer, Relay, Scheduler } from '@holon/events'

import { isSqlStore } from '../service-context.ts'

/** What of the events of one service is under way. */
export interface EventWork {
  readonly service: string
  /** Events in its outbox that are to be sent now. */
  readonly outbox: number
  readonly subscriptions: readonly SubscriptionWork[]
  /** The names of the schedules that run. */
  readonly schedules: readonly string[]
}

/** What of a subscription is under way in this replica. */
export interface SubscriptionWork {
  readonly name: string
  /** How many events wait on the bus or are on loan, to any replica; undefined: the subscription has not been joined yet. */
  readonly lag: number | undefined
  /** How many of these are here: handled, about to be, or waiting for their next try. */
  readonly held: number
  /** Of how many keys one is handled or about to be. */
  readonly active: number
  readonly paused: boolean
}

/** What moves the events of a service. */
export interface EventMovers {
  readonly service: string
  readonly store: Store | undefined
  readonly relay: Relay | undefined
  readonly scheduler: Pick<Scheduler<never>, 'running'> | undefined
  readonly consumers: readonly Consumer[]
}

/** Whether any of them does something just now. */
export function isMoving({ relay, scheduler, consumers }: EventMovers): boolean {
  return (
    relay?.isMoving === true ||
    (scheduler?.running.length ?? 0) > 0 ||
    consumers.some((consumer) => consumer.work.active > 0)
  )
}

/** Rejects when store or bus do not answer. */
export async function eventWorkOf({ service, store, relay, scheduler, consumers }: EventMovers): Promise<EventWork> {
  const subscriptions = await Promise.all(consumers.map(subscriptionWork))
  const { waiting = 0 } = relay && isSqlStore(store) ? await store.events.lag() : {}
  return { service, outbox: waiting, subscriptions, schedules: scheduler?.running ?? [] }
}

async function subscriptionWork(consumer: Consumer): Promise<SubscriptionWork> {
  const { subscription: name } = consumer
  const joined = await consumer.joined().catch(() => undefined)
  const lag = await joined?.lag()
  const paused = lag !== undefined && lag > 0 && (await joined?.paused()) === true
  return { name, lag, paused, ...consumer.work }
}
