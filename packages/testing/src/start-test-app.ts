import type { ContractEvent, Observation, Observer, Platform } from '@holon/contract'
import { within } from '@holon/contract/platform'
import { systemPlatform } from '@holon/contract/system-platform'
import type { Publisher, Store, StoreDefinition } from '@holon/data'
import { createPublisher, EventIds, eventLimitOf, toBusMessage } from '@holon/events'

import { type Cast, cast } from './cast.ts'
import { createTestClock, type TestClock } from './clock/test-clock.ts'
import { closeAll, closeTogether } from './close-all.ts'
import { EventWatch } from './events/event-watch.ts'
import { publishedEvents, untilPublished } from './events/published.ts'
import { calm, settled } from './events/settled.ts'
import { createTestBus, type TestBus } from './events/test-bus.ts'
import { type KeptContracts, keptContracts } from './fakes/kept-contracts.ts'
import { type GatewayHttp, gatewayHttp } from './http/gateway-http.ts'
import { Instances } from './instances.ts'
import { createTestStores, type TestStores } from './stores/test-stores.ts'
import type { Testable, TestApp, TestAppOptions, TestReplica } from './test-app.ts'
import { type ClientsParts, testClients, toIdentity } from './test-clients.ts'

const graceMs = 2_000
const defaultWithinMs = 10_000

/**
 * Starts services for a test, in this process: an app (the default export of `holon.config.ts`), or the services given, or
 * those of them that `only` names; the gateway listens nowhere. What the test does not run it fakes. Nothing is left when
 * it is closed. Independent of any test runner.
 *
 * @example
 * const bank = fake(payments, { charge: () => ({ chargeId: 'c-1' }) })
 * await using test = await startTestApp([ordersService], { fakes: [bank] })
 * await test.client(orders, 'ann').place({ sku: 'tea' })
 * const placed = await test.published(orders.events.placed)
 *
 * @throws DefinitionError for mistakes in the app, its services, `only` and `fakes`.
 */
export async function startTestApp(testable: Testable, options: TestAppOptions = {}): Promise<TestApp> {
  const world = await createWorld(testable, options)
  try {
    await world.instances.start()
    return toTestApp(world)
  } catch (error) {
    await closeWorld(world).catch(() => undefined)
    throw error
  }
}

/** All that a test app is made of. */
interface World {
  readonly cast: Cast
  readonly clock: TestClock
  /** Time that nobody moves, for waits of the test's own. */
  readonly real: Platform
  readonly bus: TestBus
  readonly stores: TestStores
  /** Stores that the test has opened itself. */
  readonly opened: Store[]
  readonly kept: KeptContracts
  readonly observations: Observation[]
  readonly watch: EventWatch
  readonly instances: Instances
  readonly http: GatewayHttp
}

async function createWorld(testable: Testable, options: TestAppOptions): Promise<World> {
  const { environment = {}, data = {}, bus: busKind = 'memory', placement = { main: '*' }, clock: time = {} } = options
  const real = systemPlatform()
  const watch = new EventWatch()
  const clock = createTestClock({
    base: time.platform ?? real,
    atMs: time.at === undefined ? undefined : Number(time.at),
    calm: (since) => calm(watch, real, since),
    activity: () => watch.activity(),
  })
  const { platform } = clock
  const players = await cast(testable, options, platform)
  const bus = createTestBus(players.app, busKind, platform)
  const app = { ...players.app, bus: bus.definition }
  const kept = keptContracts([...players.fakes, ...players.standIns])
  const observations: Observation[] = []
  const observer: Observer = {
    observe: (observation) => {
      observations.push(observation)
      kept.observe(observation)
      watch.observe(observation)
      options.observer?.observe(observation)
    },
  }
  const stores = createTestStores({ data, environment, platform, definitionOf: players.definitionOf })
  const instances = new Instances({
    app,
    services: players.services,
    placement,
    embeddedBus: bus.definition.kind === 'embedded',
    environment,
    platform,
    real,
    observer,
    provide: (service, kind) => stores.provide(service, kind),
  })
  watch.look({ instances: instances.all, bus })
  const http = gatewayHttp({ app, keys: players.keys, instance: () => instances.gateway, platform, observer })
  return { cast: players, clock, real, bus, stores, opened: [], kept, observations, watch, instances, http }
}

function toTestApp(world: World): TestApp {
  const { cast: players, clock, real, bus, stores, kept, observations, watch, instances, http } = world
  let closing: Promise<void> | undefined
  const assertOpen = (use: string): void => {
    if (closing !== undefined) throw closed(use)
  }
  const assertKept = (): void => kept.assert()
  const callable = { services: players.services, assertKept }
  const worked = async (withinMs: number): Promise<void> => {
    await settled(watch, real, withinMs, assertKept)
    kept.assert()
  }
  const end = (): Promise<void> => (closing ??= closeWorld(world))
  return {
    ...testClients({ ...callable, instance: () => instances.caller }),
    http: async (path, { identity, ...init } = {}) => {
      assertOpen('http')
      const response = await http.fetch(path, init, toIdentity(identity))
      kept.assert()
      return response
    },
    listen: async () => {
      assertOpen('listen')
      return await http.listen()
    },
    publish: async (event, data, options = {}) => {
      assertOpen('publish')
      await publish(world, event, data, options)
    },
    published: async (event, { atLeast, withinMs = defaultWithinMs } = {}) => {
      if (atLeast === undefined) await worked(withinMs)
      else await untilPublished(event, bus.published, { atLeast, withinMs, platform: real })
      return publishedEvents(event, bus.published)
    },
    settled: ({ withinMs = defaultWithinMs } = {}) => worked(withinMs),
    clock,
    observations,
    instances: instances.all,
    get bus() {
      return bus.connect()
    },
    openStore: (service, definition) => openStore(world, service, definition, assertOpen),
    connection: async (service, kind = 'postgres') => {
      assertOpen('connection')
      return await stores.provide(service, kind)
    },
    startReplica: (services = players.services) => startReplica({ world, callable, assertOpen, services }),
    close: async () => {
      await end()
      // Also what came to light while the services stopped.
      kept.assert()
    },
    [Symbol.asyncDispose]: async () => {
      await end()
      kept.assertAloud()
    },
  }
}

interface ReplicaParts {
  readonly world: World
  readonly callable: Omit<ClientsParts, 'instance'>
  /** Throws once the app is being closed. */
  readonly assertOpen: (use: string) => void
  readonly services: readonly string[]
}

async function startReplica({ world, callable, assertOpen, services }: ReplicaParts): Promise<TestReplica> {
  const { cast: players, bus, kept, instances } = world
  assertOpen('startReplica')
  const replica = { ...players.withReal(services), bus: bus.definition }
  // From now on there are real ones of them.
  for (const name of services) if (players.standIns.has(name)) kept.forget(name)
  const instance = await instances.startReplica(services, replica)
  // Closed meanwhile, and this one with the others.
  assertOpen('startReplica')
  const stop = (ms: number = graceMs): Promise<void> => instances.stopReplica(instance, ms)
  return {
    ...testClients({ ...callable, instance: () => instance }),
    instance,
    stop,
    [Symbol.asyncDispose]: () => stop(),
  }
}

/** The error of a use after the end: what it would start nobody would stop. */
function closed(use: string): Error {
  return new Error(
    `The test app is closed: use ${use} before its close(), or before the end of the block with its \`await using\`.`,
  )
}

function publisherOf({ cast: { app }, clock: { platform } }: World, service: string): Publisher {
  const maxEventBytes = eventLimitOf(app.bus)
  return createPublisher({ platform, ids: new EventIds(platform), app: app.name, service, maxEventBytes })
}

async function publish(
  world: World,
  event: ContractEvent,
  data: unknown,
  options: Parameters<TestApp['publish']>[2] = {},
): Promise<void> {
  const record = await publisherOf(world, event.service)(event, data, options)
  await world.bus.connect().publish([toBusMessage(record)])
}

async function openStore<S extends Store>(
  world: World,
  service: string,
  definition: StoreDefinition<S>,
  assertOpen: (use: string) => void,
): Promise<S> {
  assertOpen('openStore')
  const { stores, clock, opened, observations } = world
  const store = await definition.open({
    service,
    connection: await stores.provideFor(service, definition),
    platform: clock.platform,
    onError: (error) => void observations.push({ kind: 'fault', subject: `store of ${service}`, error }),
    events: true,
    publisher: publisherOf(world, service),
  })
  opened.push(store)
  try {
    assertOpen('openStore')
    return store
  } catch (error) {
    // Closed meanwhile.
    await store.close()
    throw error
  }
}

async function closeWorld({ http, instances, opened, bus, stores, real }: World): Promise<void> {
  // A transaction that the test has left open would be waited for. What is still open then goes with its database.
  const closeOpened = async (): Promise<void> => {
    await within(real, graceMs, Promise.all(opened.map((store) => store.close())))
  }
  await closeAll([
    () => http.close(graceMs),
    // At the same time, because services may wait for locks of the test's.
    () => closeTogether([() => instances.stop(graceMs), closeOpened]),
    () => bus.close(),
    () => stores.close(),
  ])
}
