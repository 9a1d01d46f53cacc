import type { Observer, Platform } from '@holon/contract'
import type { Publisher } from '@holon/data'
import { type Bus, createPublisher, EventIds, eventLimitOf, Followers, limitEvents, Turn } from '@holon/events'
import type { BoundOperation, Endpoint } from '@holon/rpc'

import type { InstancePart } from '../instance-part.ts'
import type { InstanceOptions } from '../instance.ts'
import type { LoadedService } from '../load-services.ts'
import { isSqlStore, type Publish } from '../service-context.ts'
import { boundAdminOperations } from './admin-operations.ts'
import { eventsCaller, keepsEvents, usesBus } from './event-use.ts'
import { type Following, followingIn } from './follow.ts'
import { directPublish, ServiceEvents } from './service-events.ts'
import type { WorkplaceParts } from './workplace.ts'

export interface InstanceEventsParts {
  readonly options: InstanceOptions
  readonly loaded: readonly LoadedService[]
  readonly endpoint: Endpoint
}

/** What an instance has of events. */
export interface EventsPart extends InstancePart {
  /** What moves the events of each service. */
  readonly services: readonly ServiceEvents[]
  /** How the store of a service is to be opened. */
  storeOptions(service: LoadedService): { readonly events: boolean; readonly publisher?: Publisher }
  /** `ctx.publish` of a service. */
  publishOf(service: LoadedService, store: EventfulService['store']): Publish
  /** `ctx.follow` of a service. */
  followOf(service: LoadedService): Following
}

/** A service that runs, as far as its events need it. */
export type EventfulService = Omit<WorkplaceParts, 'endpoint' | 'service'> & { readonly loaded: LoadedService }

/**
 * So long nothing is tried that may have ended the process before: time to be ready, to save how far everything is, and
 * for whoever wants to pause a subscription.
 */
const calmMs = 1_000

/** Everything about events in one instance: one connection to the bus, and what moves the events of each service. */
export class InstanceEvents implements EventsPart {
  readonly #parts: InstanceEventsParts
  readonly #platform: Platform
  readonly #observer: Observer
  readonly #ids: EventIds
  readonly #turn = new Turn()
  #bus: Bus | undefined
  #followers: Followers | undefined
  #services: readonly ServiceEvents[] = []

  constructor(parts: InstanceEventsParts) {
    this.#parts = parts
    this.#platform = parts.options.platform
    this.#observer = parts.options.observer
    this.#ids = new EventIds(this.#platform)
  }

  get services(): readonly ServiceEvents[] {
    return this.#services
  }

  storeOptions({ name, definition }: LoadedService): { readonly events: boolean; readonly publisher: Publisher } {
    return { events: keepsEvents(definition), publisher: this.#publisherOf(name) }
  }

  publishOf({ name }: LoadedService, store: EventfulService['store']): Publish {
    return directPublish({
      service: name,
      store: isSqlStore(store) ? store : undefined,
      publisher: this.#publisherOf(name),
      bus: () => this.#connected(),
      platform: this.#platform,
    })
  }

  followOf({ definition }: LoadedService): Following {
    return followingIn(definition, () => this.#followers)
  }

  /** Connects to the bus, if a service here needs one. */
  async connect(): Promise<void> {
    const { options, loaded, endpoint } = this.#parts
    if (!loaded.some(({ definition }) => usesBus(definition))) return
    const onError = (error: unknown): void => this.#observer.observe({ kind: 'fault', subject: 'bus', error })
    const { app, instance, replica = instance, platform, environment } = options
    const bus = await app.bus.open({
      app: app.name,
      instance: replica,
      platform,
      environment,
      onError,
      // Only the embedded bus is called.
      get invoker() {
        return endpoint.invoker(eventsCaller.name)
      },
    })
    this.#bus = limitEvents(bus, app.bus)
    this.#followers = new Followers({ bus, platform, onFault: onError })
  }

  /** Sets up what `start` begins. Returns the operations by which tools of the platform look after the events. */
  prepare(running: readonly EventfulService[]): readonly BoundOperation[] {
    const { options, endpoint } = this.#parts
    const { instance, replica = instance } = options
    const eventful = running.filter(({ loaded }) => keepsEvents(loaded.definition))
    this.#services = eventful.map(({ loaded, ...service }) => {
      const { name, definition } = loaded
      const bus = usesBus(definition) ? this.#connected() : noBus
      return new ServiceEvents({
        ...service,
        loaded,
        service: name,
        definition,
        bus,
        endpoint,
        ids: this.#ids,
        turn: this.#turn,
        replica,
        platform: this.#platform,
        observer: this.#observer,
      })
    })
    return this.#services.flatMap((service) =>
      boundAdminOperations(service, this.publishOf(service.parts.loaded, service.parts.store)),
    )
  }

  /** Begins to relay and to consume. */
  async start(): Promise<void> {
    // Nobody else has it before.
    this.#turn.ask(() => undefined)
    await Promise.all(this.#services.map((service) => service.start()))
    this.#platform.setTimer(() => this.#turn.pass(), calmMs).unref()
  }

  /** Takes no new events, ends what follows them, and finishes what is in work within `graceMs`. */
  async finish(graceMs: number): Promise<void> {
    await Promise.all([this.#followers?.close(), ...this.#services.map((service) => service.finish(graceMs))])
  }

  /** Stops relaying and leaves the bus. */
  async stop(): Promise<void> {
    await Promise.all([this.#followers?.close(), ...this.#services.map((service) => service.stop())])
    await this.#bus?.close()
  }

  #publisherOf(service: string): Publisher {
    const { name: app, bus } = this.#parts.options.app
    const maxEventBytes = eventLimitOf(bus)
    return createPublisher({ platform: this.#platform, ids: this.#ids, app, service, maxEventBytes })
  }

  #connected(): Bus {
    if (this.#bus === undefined)
      throw new Error('The bus is not connected yet; publish from handlers, not while the service starts.')
    return this.#bus
  }
}

/** For services that only have schedules: their outbox stays empty. */
const noBus: Bus = {
  publish: () => Promise.reject(new Error('This service has no events.')),
  subscribe: () => Promise.reject(new Error('This service has no events.')),
  close: () => Promise.resolve(),
}
