import type { AppDefinition, Placement, ServiceDefinition } from '@holon/app'
import type {
  Client,
  Contract,
  ContractEvent,
  Identity,
  InputOf,
  Observation,
  Observer,
  OutputOf,
  Platform,
} from '@holon/contract'
import type { PublishOptions, Store, StoreDefinition } from '@holon/data'
import type { Bus } from '@holon/events'
import type { EventInfo } from '@holon/events/definition'
import type { Invoker } from '@holon/rpc'
import type { Instance } from '@holon/runtime'

import type { TestClock } from './clock/test-clock.ts'
import type { Fake } from './fakes/fake.ts'
import type { Fetch } from './http/memory-http.ts'
import type { TestData } from './stores/test-stores.ts'

/** Options of `startTestApp`. Everything may be left out. */
export interface TestAppOptions {
  /** The services to run. Default: all that are not faked. */
  readonly only?: readonly string[]
  /** What stands for other services. A service that is used and neither runs nor is faked may not be called. */
  readonly fakes?: readonly Fake[]
  /** The configuration of the services (`ORDERS_SMTP_HOST`); what is not in it is not set. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** What time it is at the start, default now; and the clock below, default that of this machine. */
  readonly clock?: { readonly at?: Date | number; readonly platform?: Platform }
  /** Where stores keep their data. Default: nowhere beyond the test. */
  readonly data?: TestData
  /** What carries events: in memory (default), or the bus that the app names. */
  readonly bus?: 'memory' | 'own'
  /**
   * Which services share an instance, linked in memory as processes are; the test is one more. Default `{ main: '*' }`: all, and
   * the test with them. `'split'`: none.
   */
  readonly placement?: Placement | 'split'
  /** Hears of all that happens, besides `observations`: for a log. */
  readonly observer?: Observer
}

/** What `startTestApp` takes: an app, or some services that make one. */
export type Testable = AppDefinition | readonly ServiceDefinition[]

/** An event that a service has published. */
export interface PublishedEvent<E extends ContractEvent = ContractEvent> extends Omit<EventInfo, 'attempt'> {
  readonly data: OutputOf<E['definition']['data']>
}

/** Calls services from outside, as the test or on behalf of somebody. */
export interface TestClients {
  /** A typed client. `identity`: in whose name it calls, a subject or all of an identity. Default: nobody's. */
  client<C extends Contract>(contract: C, identity?: string | Identity): Client<C>
  /** Calls operations one by one, as the test, or as the `holon` command does. Default `test`. */
  invoker(caller?: 'test' | 'cli'): Invoker
}

/** One more copy of some services, over the same stores and the same bus. */
export interface TestReplica extends TestClients, AsyncDisposable {
  readonly instance: Instance
  /** Lets what runs finish within `graceMs` (default 2 000). */
  stop(graceMs?: number): Promise<void>
}

/** Services of an app running for a test. Every use of it rejects once a fake has broken its contract. */
export interface TestApp extends TestClients, AsyncDisposable {
  /**
   * Sends a request to the gateway, as `fetch` does, without a socket: `http('/api/orders', { method: 'POST', body })`. With
   * `identity` it carries a token that the gateway takes for the issuer's. Streams flow as they are read.
   */
  readonly http: (path: string, init?: RequestInit & { readonly identity?: string | Identity }) => ReturnType<Fetch>
  /** Lets the gateway listen on a free port of this machine, too: for a browser or another program. Resolves to its URL. */
  listen(): Promise<string>
  /** Publishes an event in the name of its service, which need not run. */
  publish<E extends ContractEvent>(
    event: E,
    data: InputOf<E['definition']['data']>,
    options?: Omit<PublishOptions, 'at'>,
  ): Promise<void>
  /**
   * What services have published of an event so far, in order, once all events are worked off. `atLeast`: as soon as there are
   * so many, whatever else is under way.
   *
   * @throws NotSettled as {@link settled}, or when there are fewer after `withinMs` (default 10 000).
   */
  published<E extends ContractEvent>(
    event: E,
    options?: { readonly atLeast?: number; readonly withinMs?: number },
  ): Promise<readonly PublishedEvent<E>[]>
  /**
   * Resolves when all events are worked off: outboxes sent, subscriptions empty, no schedule running, and the same for all
   * events that these cause. What is to be published later, or is a dead letter, is not waited for. `withinMs`: in real
   * time, default 10 000.
   *
   * @throws NotSettled saying what is still under way.
   */
  settled(options?: { readonly withinMs?: number }): Promise<void>
  readonly clock: TestClock
  /** What happened, in order: calls, events, log lines, faults. */
  readonly observations: readonly Observation[]
  /** The instances that run, in the order of their start. */
  readonly instances: readonly Instance[]
  /** A further connection to the bus. What it publishes is not among what services have published. */
  readonly bus: Bus
  /** What the store of a service connects to: the URL of a database, or a path. */
  connection(service: string, kind?: 'postgres' | 'sqlite'): Promise<string>
  /**
   * Opens the store of a service that need not run, to look into its database, or to test functions over it alone. It is
   * closed with the app. With its events: what is published in a transaction stays in its outbox while the service does not run.
   */
  openStore<S extends Store>(service: string, definition: StoreDefinition<S>): Promise<S>
  /** Starts more copies of services. Default: of all that run. */
  startReplica(services?: readonly string[]): Promise<TestReplica>
  /**
   * Stops everything; what runs may finish within two seconds, and has a third to be cut off. Idempotent. What would begin
   * something afterwards (`http`, `listen`, `publish`, `openStore`, `connection`, `startReplica`) rejects. At the end of an
   * `await using` a broken fake is a warning of the process, too: of two errors of one test runners show neither.
   *
   * @throws BrokenFake if a fake has broken its contract.
   */
  close(): Promise<void>
}
