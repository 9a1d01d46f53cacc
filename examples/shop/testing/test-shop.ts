import { join } from 'node:path'

import type { ContractEvent, InputOf, Observation } from '@holon/contract'
import { type Bus, createPublisher, EventIds, memoryBus, toBusMessage } from '@holon/events'
import { memoryNetwork } from '@holon/rpc'
import { type Instance, startInstance } from '@holon/runtime'
import type { AppDefinition, CallOptions, Client, Contract } from 'holon'

import shop from '../holon.config.ts'
import { movableClock, type MovableClock } from './movable-clock.ts'
import { startTemporaryPostgres } from './temporary-postgres.ts'
import { startTestProvider, type TestProvider } from './test-provider.ts'

/** The shop's real services in this process, over real stores and the real fake payment provider. */
export interface TestShop {
  readonly instance: Instance
  readonly provider: TestProvider
  readonly clock: MovableClock
  /** What services logged and what failed, in order. */
  readonly observations: readonly Observation[]
  /** The URL of a service's own database. */
  provision(service: string): Promise<string>
  /** A client that calls on behalf of an account, or of nobody. */
  client<C extends Contract>(contract: C, accountId?: string): Client<C>
  /** A further connection to the bus of all instances. */
  readonly bus: Bus
  /** Publishes an event in the name of its service, which need not run. */
  publish<E extends ContractEvent>(event: E, data: InputOf<E['definition']['data']>): Promise<void>
  /** Starts further instances over the same stores. */
  startReplica(services: readonly string[]): Promise<Instance>
  close(): Promise<void>
}

export interface TestShopOptions {
  /** Names of the services to run. Default: all. */
  readonly services?: readonly string[]
  /** Changes the app, for instance to put another implementation in the place of a service. */
  readonly change?: (app: AppDefinition) => AppDefinition
}

const caller = 'test'

export async function startTestShop({ services, change = (app) => app }: TestShopOptions = {}): Promise<TestShop> {
  const clock = movableClock()
  const [postgres, provider] = await Promise.all([startTemporaryPostgres(clock.platform), startTestProvider()])
  const observations: Observation[] = []
  // One bus for all instances, as it would be between processes.
  const bus = memoryBus(clock.platform)
  const app = change({ ...shop, bus: { kind: 'memory', open: () => Promise.resolve(bus.connect()) } })
  const ids = new EventIds(clock.platform)
  const all = Object.keys(app.services)
  const instances: Instance[] = []
  const start = async (names: readonly string[]): Promise<Instance> => {
    const instance = await startInstance({
      app,
      services: names,
      instance: `test-${instances.length}`,
      platform: clock.platform,
      network: memoryNetwork(),
      observer: { observe: (observation) => observations.push(observation) },
      environment: { PAYMENTS_PROVIDER_URL: provider.url, SHIPPING_STEP_MS: '300' },
      provision: (service, needs) =>
        needs === 'url' ? postgres.provision(service) : Promise.resolve(join(postgres.folder, `${service}.db`)),
      listen: undefined,
      linkSecret: undefined,
      callers: [{ name: caller, uses: all }],
    })
    instances.push(instance)
    return instance
  }
  const instance = await start(services ?? all)
  return {
    instance,
    provider,
    clock,
    observations,
    provision: (service) => postgres.provision(service),
    client: (contract, accountId) => createClient(instance, contract, accountId),
    bus: bus.connect(),
    publish: async (event, data) => {
      const publisher = createPublisher({ platform: clock.platform, ids, app: app.name, service: event.service })
      await bus.connect().publish([toBusMessage(await publisher(event, data, {}))])
    },
    startReplica: start,
    close: async () => {
      for (const running of instances) await running.stop(2_000)
      await bus.close()
      await provider.close()
      await postgres.close()
    },
  }
}

/** A client of services in `instance`, called from outside any handler. */
export function createClient<C extends Contract>(instance: Instance, contract: C, accountId?: string): Client<C> {
  const invoker = instance.invoker(caller)
  const identity =
    accountId === undefined ? {} : { identity: { subject: accountId, issuer: 'shop', claims: {} } as const }
  const methods = Object.values(contract.operations).map((operation) => [
    operation.name,
    (input: unknown, options: CallOptions = {}) =>
      operation.compiled.serverStream === undefined
        ? invoker.call(operation, input, { ...options, ...identity })
        : invoker.stream(operation, input, { ...options, ...identity }),
  ])
  // A method for each operation, as its types say.
  return Object.fromEntries(methods) as Client<C>
}
