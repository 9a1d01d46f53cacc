import { type Schedule, subscriptionName, type ServiceDefinition, type Subscription } from '@holon/app'
import {
  type Backoff,
  backoffMs,
  type ContractEvent,
  delay,
  isServiceError,
  type Observer,
  type Platform,
  ServiceError,
  within,
} from '@holon/contract'
import { type DeadLetter, joinTransaction, type Publisher, type SqlStore, type Tx } from '@holon/data'
import {
  type Bus,
  Consumer,
  type EventIds,
  isRefusal,
  type OutboxLag,
  OutboxWatch,
  Relay,
  type RelayState,
  type ScheduledJob,
  Scheduler,
  toBusMessage,
  type Turn,
} from '@holon/events'

import type { LoadedService } from '../load-services.ts'
import { isSqlStore, type Publish } from '../service-context.ts'
import { keepsEvents, usesBus } from './event-use.ts'
import type { EventMovers } from './event-work.ts'
import { createWorkplace, marginMs, type ReplayableWorkplace, type WorkplaceParts } from './workplace.ts'

export interface ServiceEventsParts extends WorkplaceParts {
  readonly loaded: LoadedService
  readonly definition: ServiceDefinition
  readonly bus: Bus
  readonly ids: EventIds
  /** Name of this replica, the same after a restart. */
  readonly replica: string
  readonly platform: Platform
  readonly observer: Observer
  /** One for the whole process. */
  readonly turn: Turn
}

/** A service starts without the bus, if it must, and joins its subscriptions as soon as it can. */
const joinTimeoutMs = 10_000

/** One subscription of a running service. */
export interface RunningSubscription {
  readonly consumer: Consumer
  readonly event: ContractEvent
  readonly workplace: ReplayableWorkplace
}

/** What moves the events of one service: its relay, its consumers, its schedules. */
export class ServiceEvents {
  readonly subscriptions: readonly RunningSubscription[]
  readonly #parts: ServiceEventsParts
  readonly #relay: Relay | undefined
  readonly #watch: OutboxWatch | undefined
  readonly #scheduler: Scheduler<Tx<unknown>> | undefined

  constructor(parts: ServiceEventsParts) {
    this.#parts = parts
    const { definition, store } = parts
    this.subscriptions = definition.subscriptions.map((subscription) => createSubscription(parts, subscription))
    if (!isSqlStore(store)) return
    this.#relay = keepsEvents(definition) ? createRelay(parts, store) : undefined
    this.#watch = usesBus(definition) ? createOutboxWatch(parts, store) : undefined
    if (definition.schedules.length > 0) this.#scheduler = createScheduler(parts, store)
  }

  get parts(): ServiceEventsParts {
    return this.#parts
  }

  /** What moves its events, to be looked at. */
  get movers(): EventMovers {
    const { service, store } = this.#parts
    const consumers = this.subscriptions.map(({ consumer }) => consumer)
    return { service, store, relay: this.#relay, scheduler: this.#scheduler, consumers }
  }

  /** Begins to relay, to consume and to watch the clock. Rejects when the schedules cannot be stored. */
  async start(): Promise<void> {
    const { platform, observer, service } = this.#parts
    await this.#relay?.start()
    this.#watch?.start()
    await this.#scheduler?.start()
    const joining = Promise.all(this.subscriptions.map(({ consumer }) => consumer.start()))
    const fault = (error: unknown): void => observer.observe({ kind: 'fault', subject: `events of ${service}`, error })
    const joined = joining.then(() => undefined, fault)
    if (await within(platform, joinTimeoutMs, joined)) return
    const message = `The bus did not answer within ${joinTimeoutMs} ms; the subscriptions of '${service}' begin when it does.`
    fault(new Error(message))
  }

  /** Takes no new events, finishes what is in work within `graceMs`, and runs no more schedules. */
  async finish(graceMs: number): Promise<void> {
    await Promise.all([this.#scheduler?.stop(), ...this.subscriptions.map(({ consumer }) => consumer.close(graceMs))])
  }

  /** Stops relaying; what is left in the outbox is sent by another replica, or after the next start. */
  async stop(): Promise<void> {
    await Promise.all([this.#relay?.stop(), this.#watch?.stop()])
  }
}

function createSubscription(parts: ServiceEventsParts, { event, handle, options }: Subscription): RunningSubscription {
  const { service, bus, platform, ids, observer, turn } = parts
  const subscription = `${service}.${subscriptionName({ kind: 'subscription', event, handle, options })}`
  const { concurrency, order, start, retry, timeoutMs, filter, transaction } = options
  // Its data has been checked against the event that it was written for.
  const call = handle as (data: unknown, ctx: unknown) => unknown
  const shared = createWorkplace({ ...parts, subscription, handle: call, timeoutMs })
  const workplace = transaction === 'own' ? { ...shared, applyTogether: undefined } : shared
  const consumer = new Consumer({
    bus,
    platform,
    event,
    subscription,
    workplace,
    turn,
    nextId: () => ids.next(),
    onOutcome: ({ message, ...outcome }) => {
      const { id: messageId, topic, key, attributes } = message
      const named = { service, subscription, topic, messageId, key, traceparent: attributes['traceparent'] }
      observer.observe({ kind: 'event-handled', ...named, ...outcome })
    },
    ...(concurrency !== undefined && { concurrency }),
    ...(order !== undefined && { order }),
    ...(start !== undefined && { start }),
    ...(retry !== undefined && { retry }),
    // As above.
    filter: filter as ((data: unknown) => boolean) | undefined,
  })
  return { consumer, event, workplace }
}

function createRelay(
  { service, bus, platform, ids, replica, observer }: ServiceEventsParts,
  store: SqlStore<unknown>,
): Relay {
  const onSetAside = ({ id, topic, messageId, error }: DeadLetter): void =>
    observer.observe({
      kind: 'fault',
      subject: `outbox of ${service}`,
      error: new Error(
        `The bus refuses ${topic} ${messageId} for good; it is the dead letter ${id} now: ${error.message}`,
      ),
    })
  const onState = (state: RelayState): void =>
    observer.observe({
      kind: 'relay',
      service,
      state: state.state,
      error: state.state === 'stalled' ? state.error : undefined,
    })
  return new Relay({
    outbox: store.events,
    bus,
    platform,
    owner: replica,
    nextId: () => ids.next(),
    onState,
    onSetAside,
  })
}

function createOutboxWatch({ service, platform, observer }: ServiceEventsParts, store: SqlStore<unknown>): OutboxWatch {
  const onLag = (lag: OutboxLag): void => observer.observe({ kind: 'outbox', service, ...lag })
  return new OutboxWatch({ outbox: store.events, platform, onLag })
}

function createScheduler(parts: ServiceEventsParts, store: SqlStore<unknown>): Scheduler<Tx<unknown>> {
  const { service, definition, platform, observer, replica: owner, turn } = parts
  return new Scheduler({
    owner,
    turn,
    log: store.events,
    transaction: (work, options) => store.transaction(work, options),
    jobs: definition.schedules.map((schedule) => createJob(parts, store, schedule)),
    platform,
    onFailure: (job, error) => observer.observe({ kind: 'fault', subject: `schedule '${job}' of ${service}`, error }),
  })
}

function createJob(
  { service, contexts, endpoint }: ServiceEventsParts,
  store: SqlStore<unknown>,
  schedule: Schedule,
): ScheduledJob<Tx<unknown>> {
  const { name, times, timeoutMs } = schedule
  // It gets the context that `schedules` promises below.
  const handle = schedule.handle as (ctx: unknown) => unknown
  return {
    name,
    times,
    transactionMs: timeoutMs + marginMs,
    run: (tx, dueMs, signal) => {
      const start = { service, what: `schedule ${name}`, caller: service, trace: undefined, timeoutMs, signal }
      return endpoint.run(start, async (call) => {
        const joined = joinTransaction(store, tx)
        await handle(contexts.forUnit(call, { store: joined.store, tx, dueAt: new Date(dueMs) }))
        joined.assertWhole()
      })
    },
  }
}

export interface DirectPublishing {
  readonly service: string
  readonly store: SqlStore<unknown> | undefined
  readonly publisher: Publisher
  readonly bus: () => Bus
  readonly platform: Platform
}

const publishWithinMs = 5_000
const publishingAgain: Backoff = { firstMs: 100, longestMs: publishWithinMs }

/** `ctx.publish`: straight to the bus, or, if it is to be published later, into the outbox. */
export function directPublish({ service, store, publisher, bus, platform }: DirectPublishing): Publish {
  return async (event: ContractEvent, data, options) => {
    const record = await publisher(event, data, options)
    if (record.notBefore !== undefined && record.notBefore > platform.now()) {
      const delayed = store
      if (delayed === undefined)
        throw new ServiceError(
          'failed_precondition',
          `'${service}' has no SQL store that could keep ${event.id} until its time ('at').`,
        )
      return delayed.transaction((tx) => delayed.events.append(tx, [record]))
    }
    const message = toBusMessage(record)
    // Publishing again is safe; a bus that restarts should not become the caller's failure.
    const endMs = platform.monotonicMs() + publishWithinMs
    for (let failures = 1; ; failures += 1) {
      try {
        return await bus().publish([message])
      } catch (error) {
        if (isRefusal(error)) throw error
        if (platform.monotonicMs() > endMs) throw notTaken(event, error)
        await delay(platform, backoffMs(platform, failures, publishingAgain))
      }
    }
  }
}

/** A full disk is told from a bus that is away: waiting does not mend it. */
function notTaken({ id }: ContractEvent, cause: unknown): ServiceError {
  if (!isServiceError(cause)) return new ServiceError('unavailable', `The bus did not take ${id}.`, { cause })
  const code = cause.code === 'resource_exhausted' ? cause.code : 'unavailable'
  return new ServiceError(code, `The bus did not take ${id}: ${cause.message}`, { cause })
}
