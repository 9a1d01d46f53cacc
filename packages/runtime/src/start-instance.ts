import { DefinitionError, delay, type Observer, type Platform } from '@holon/contract'
import type { Store } from '@holon/data'
import { busName } from '@holon/events/bus-name'
import {
  type CallEnvironment,
  Calls,
  createLinkListener,
  DeadlineWheel,
  Dispatcher,
  type LinkListener,
  type PeerListing,
  Router,
  type ServiceListing,
  TraceIds,
  OperationCodecs,
} from '@holon/rpc'

import { gatewayUses } from './define-app.ts'
import { eventsCaller, InstanceEvents, loadedBus, placeBus } from './instance-events.ts'
import type { Instance, InstanceOptions } from './instance.ts'
import { loadServices, type LoadedService } from './load-services.ts'
import { gatewayName } from './placement.ts'
import { type ContextFactory, createContextFactory } from './service-context.ts'
import { usesBus } from './service-events.ts'

/** A stop hook or a store that does not finish is left behind after this. */
const closeTimeoutMs = 5_000
/** So long handlers whose calls were cancelled have to come to an end before their store closes. */
const cancelledMs = 1_000

interface RunningService {
  readonly loaded: LoadedService
  readonly store: Store | undefined
  readonly contexts: ContextFactory
  /** Its start hook has run: only then its stop hook does. */
  started: boolean
}

/**
 * Starts services in this process: loads their modules, reads their configuration, opens their stores, runs their
 * `start` hooks in the order of use, and accepts calls. When anything fails, what was opened is closed again.
 *
 * @throws DefinitionError for mistakes that starting again would not cure.
 */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { platform, observer } = options
  if (options.listen && !options.linkSecret)
    throw new DefinitionError(`Instance '${options.instance}'`, [
      'it listens, but has no linkSecret; without one any process could call its services',
    ])
  const services = options.services.filter((name) => name !== gatewayName && name !== busName)
  const ownServices = await loadServices(options.app, services, options.environment)
  const bus = await placeBus(options, ownServices)
  const loaded = bus === 'here' ? [loadedBus(options), ...ownServices] : ownServices
  const environment = {
    platform,
    wheel: new DeadlineWheel(platform),
    traceIds: new TraceIds(platform),
    codecs: new OperationCodecs(options.compiledCodecs ?? true),
  }
  const dispatcher = new Dispatcher(platform, observer)
  const callers = [...callersOf(options, loaded), ...(bus === 'unused' ? [] : [eventsCaller])]
  const identity = { instance: options.instance, secret: options.linkSecret, callers }
  const router = new Router({ identity, codecs: environment.codecs, network: options.network, platform, observer })
  const calls = new Calls(environment, { dispatcher, router, observer })
  const listings: readonly ServiceListing[] = loaded.map((service) => listingOf(service, bus === 'elsewhere'))
  const events = new InstanceEvents({ options, loaded, environment })
  const stopping = new AbortController()
  const running: RunningService[] = []
  let listener: LinkListener | undefined
  const setPeers = (peers: readonly PeerListing[]): void =>
    router.setPeers(peers.filter(({ instance }) => instance !== options.instance))

  const closeAll = (): Promise<void> =>
    closeInstance({ options, events, dispatcher, environment, listener, running, router })

  try {
    running.push(...(await openServices(options, { loaded, calls, events, stopping: stopping.signal })))
    await events.connect(calls.invoker(eventsCaller.name, eventsCaller.uses))
    for (const service of running) await startService(service, dispatcher, observer)
    for (const bound of events.prepare(running)) dispatcher.add(bound)
    if (options.listen) {
      listener = await createLinkListener({
        network: options.network,
        listen: options.listen,
        environment,
        dispatcher,
        observer,
        instance: options.instance,
        secret: options.linkSecret,
      })
    }
    options.watchPeers?.(setPeers)
    await events.start()
  } catch (error) {
    stopping.abort()
    await closeAll()
    throw error
  }
  observer.observe({ kind: 'lifecycle', subject: 'instance', state: 'ready', detail: services.join(', ') })

  let stopped: Promise<void> | undefined
  const stop = async (graceMs: number): Promise<void> => {
    observer.observe({ kind: 'lifecycle', subject: 'instance', state: 'draining', detail: undefined })
    stopping.abort()
    listener?.goAway()
    const inTime = await within(platform, graceMs, Promise.all([events.finish(graceMs), dispatcher.drained()]))
    if (!inTime) observer.observe({ kind: 'fault', subject: 'instance', error: lateError(graceMs) })
    await closeAll()
    observer.observe({ kind: 'lifecycle', subject: 'instance', state: 'stopped', detail: undefined })
  }

  return {
    instance: options.instance,
    address: listener?.address,
    services: listings,
    setPeers,
    invoker: (name) => calls.invoker(name, usesOf(name, callers)),
    check: (signal) => check(running, router, callers, signal),
    stop: (graceMs) => (stopped ??= stop(graceMs)),
  }
}

function listingOf({ name, definition }: LoadedService, busElsewhere: boolean): ServiceListing {
  const { contract, uses } = definition
  // The bus has to outlive those that still send to it.
  const bus = busElsewhere && usesBus(definition) ? [busName] : []
  return { name, fingerprint: contract.fingerprint, uses: [...usedNames(uses), ...bus] }
}

interface OpenParts {
  readonly options: InstanceOptions
  readonly events: InstanceEvents
  readonly dispatcher: Dispatcher
  readonly environment: CallEnvironment
  readonly listener: LinkListener | undefined
  readonly running: readonly RunningService[]
  readonly router: Router
}

/** Closes everything, what came last first; what still runs is cancelled. */
async function closeInstance({
  options,
  events,
  dispatcher,
  environment,
  listener,
  running,
  router,
}: OpenParts): Promise<void> {
  const { platform, observer } = options
  await events.stop()
  dispatcher.close()
  // Whoever still waits, in this process or over a link, is told; handlers see it in their signal.
  environment.wheel.close()
  await within(platform, cancelledMs, dispatcher.drained())
  await listener?.close()
  for (const service of running.toReversed()) await stopService(service, platform, observer)
  router.close()
  environment.wheel.close()
}

function lateError(graceMs: number): Error {
  return new Error(`Calls were still running ${graceMs} ms after the instance was told to stop; they are cancelled.`)
}

type CallerListing = { readonly name: string; readonly uses: readonly string[] }

function callersOf(options: InstanceOptions, loaded: readonly LoadedService[]): readonly CallerListing[] {
  const services = loaded.map(({ name, definition }) => ({ name, uses: usedNames(definition.uses) }))
  return [...(options.callers ?? []), ...gatewayCaller(options), ...services]
}

function usesOf(name: string, callers: readonly CallerListing[]): readonly string[] {
  const caller = callers.find((known) => known.name === name)
  if (caller === undefined) throw new TypeError(`'${name}' is no caller of this instance; name it in 'callers'.`)
  return caller.uses
}

interface ServiceParts {
  readonly loaded: readonly LoadedService[]
  readonly calls: Calls
  readonly events: InstanceEvents
  readonly stopping: AbortSignal
}

/** Opens the stores and makes the contexts. */
async function openServices(
  options: InstanceOptions,
  { loaded, calls, events, stopping }: ServiceParts,
): Promise<RunningService[]> {
  const { platform, observer } = options
  const stores = await openStores(loaded, options, events)
  return loaded.map((service) => {
    const store = stores.get(service.name)
    const publish = events.publishOf(service, store)
    const contexts = createContextFactory(service.definition, calls, {
      store,
      config: service.config,
      platform,
      observer,
      stopping,
      publish,
    })
    return { loaded: service, store, contexts, started: false }
  })
}

function gatewayCaller({ app, services }: InstanceOptions): readonly { name: string; uses: readonly string[] }[] {
  return services.includes(gatewayName) ? [{ name: gatewayName, uses: gatewayUses(app) }] : []
}

function usedNames(uses: LoadedService['definition']['uses']): readonly string[] {
  return [...new Set(Object.values(uses).map(({ name }) => name))]
}

/** Opens all stores at once; if one fails, the others are closed. */
async function openStores(
  loaded: readonly LoadedService[],
  options: InstanceOptions,
  events: InstanceEvents,
): Promise<ReadonlyMap<string, Store>> {
  const stores = new Map<string, Store>()
  const outcomes = await Promise.allSettled(
    loaded.map(async (service) => {
      const {
        name,
        definition: { store },
      } = service
      if (store === undefined) return
      const connection = await options.provision(name, store.needs)
      const onError = (error: unknown): void =>
        options.observer.observe({ kind: 'fault', subject: `store of ${name}`, error })
      stores.set(
        name,
        await store.open({
          service: name,
          connection,
          platform: options.platform,
          onError,
          ...events.storeOptions(service),
        }),
      )
    }),
  )
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed === undefined) return stores
  await Promise.allSettled(Array.from(stores.values(), (store) => store.close()))
  throw failed.reason
}

async function startService(service: RunningService, dispatcher: Dispatcher, observer: Observer): Promise<void> {
  const { loaded, contexts } = service
  const { name, definition } = loaded
  observer.observe({ kind: 'lifecycle', subject: name, state: 'starting', detail: undefined })
  try {
    await definition.start?.(contexts.scope)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    observer.observe({ kind: 'lifecycle', subject: name, state: 'failed', detail: message })
    throw new Error(`Service '${name}' could not start: ${message}`, { cause: error })
  }
  service.started = true
  for (const operation of Object.values(definition.contract.operations)) {
    const handler = definition.operations[operation.name]
    if (handler)
      dispatcher.add({ operation, handle: (input, call, items) => handler(input, contexts.forCall(call), items) })
  }
  observer.observe({ kind: 'lifecycle', subject: name, state: 'ready', detail: undefined })
}

async function stopService(
  { loaded, store, contexts, started }: RunningService,
  platform: Platform,
  observer: Observer,
): Promise<void> {
  const close = async (): Promise<void> => {
    if (started) await loaded.definition.stop?.(contexts.scope)
  }
  for (const [what, step] of [
    ['stop hook', close],
    ['store', async () => store?.close()],
  ] as const) {
    try {
      const inTime = await within(platform, closeTimeoutMs, step())
      if (!inTime) throw new Error(`The ${what} of '${loaded.name}' did not finish within ${closeTimeoutMs} ms.`)
    } catch (error) {
      observer.observe({ kind: 'fault', subject: loaded.name, error })
    }
  }
  if (started) observer.observe({ kind: 'lifecycle', subject: loaded.name, state: 'stopped', detail: undefined })
}

/** Whether `work` was done within the time; it is not stopped otherwise. Rejects when the work does. */
async function within(platform: Platform, timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
  const over = new AbortController()
  const timeout = delay(platform, timeoutMs, over.signal).then(
    () => false,
    () => false,
  )
  try {
    return await Promise.race([work.then(() => true), timeout])
  } finally {
    over.abort()
  }
}

async function check(
  running: readonly RunningService[],
  router: Router,
  callers: readonly { readonly uses: readonly string[] }[],
  signal: AbortSignal | undefined,
): Promise<{ readonly ready: boolean; readonly problems: readonly string[] }> {
  // Without the bus calls are answered all the same; events wait in the outboxes.
  const local = new Set(running.map(({ loaded }) => loaded.name))
  const far = new Set(callers.flatMap(({ uses }) => uses).filter((name) => !local.has(name) && name !== busName))
  const problems = [...far]
    .filter((name) => !router.reaches(name))
    .map((name) => `No instance of '${name}' can be reached.`)
  const pings = running.map(async ({ loaded, store }) => {
    try {
      await store?.ping(signal)
      return undefined
    } catch (error) {
      return `The store of '${loaded.name}' does not answer: ${error instanceof Error ? error.message : String(error)}`
    }
  })
  for (const problem of await Promise.all(pings)) if (problem !== undefined) problems.push(problem)
  return { ready: problems.length === 0, problems }
}
