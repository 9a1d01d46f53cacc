import { eventListing } from '@holon/app'
import { gatewayName } from '@holon/app'
import { DefinitionError, messageOf, type Observer } from '@holon/contract'
import { within } from '@holon/contract/platform'
import { busName } from '@holon/events/definition'
import {
  type CallEnvironment,
  Calls,
  createLinkListener,
  DeadlineWheel,
  Dispatcher,
  type LinkListener,
  maxInstanceLength,
  type PeerListing,
  Router,
  type ServiceListing,
  TraceIds,
  OperationCodecs,
} from '@holon/rpc'

import { callersOf, usedNames, usesOf } from './callers.ts'
import { eventsCaller, InstanceEvents, loadedBus, placeBus } from './instance-events.ts'
import type { Instance, InstanceOptions } from './instance.ts'
import { keepAlive } from './keep-alive.ts'
import { loadServices, type LoadedService } from './load-services.ts'
import { patternWarnings } from './pattern-warnings.ts'
import { runningCalls } from './running-calls.ts'
import { closeTimeoutMs, openServices, type RunningService, stopService } from './running-service.ts'
import { usesBus } from './service-events.ts'
import { ServiceStarts } from './service-starts.ts'
import { startCalls } from './start-calls.ts'

/** So long handlers whose calls were cancelled have to come to an end before their store closes. */
const cancelledMs = 1_000

/**
 * Starts services in this process: loads their modules, reads their configuration, opens their stores, runs their
 * `start` hooks, each after those of the services it uses, and accepts calls. When anything fails, what was opened is
 * closed again.
 *
 * @throws DefinitionError for mistakes that starting again would not cure.
 */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  checkIdentity(options)
  const alive = keepAlive(options.platform)
  try {
    return await start(options, () => alive.cancel())
  } catch (error) {
    alive.cancel()
    throw error
  }
}

async function start(options: InstanceOptions, onStopped: () => void): Promise<Instance> {
  const { platform, observer } = options
  const services = options.services.filter((name) => name !== gatewayName && name !== busName)
  const ownServices = await loadServices(options, services)
  warnOfPatterns(ownServices, observer)
  const bus = await placeBus(options, ownServices)
  const loaded = bus === 'here' ? [loadedBus(options), ...ownServices] : ownServices
  const environment = createEnvironment(options)
  const dispatcher = new Dispatcher(platform, observer)
  const callers = [...callersOf(options, loaded), ...(bus === 'unused' ? [] : [eventsCaller])]
  const identity = { instance: options.instance, secret: options.linkSecret, callers }
  const router = new Router({ identity, codecs: environment.codecs, network: options.network, platform, observer })
  const calls = new Calls(environment, { dispatcher, router, observer })
  const listings: readonly ServiceListing[] = loaded.map((service) => listingOf(service, bus === 'elsewhere'))
  const events = new InstanceEvents({ options, loaded, environment })
  const stopping = new AbortController()
  const starts = createStarts(options, { environment, router, dispatcher, stopping: stopping.signal })
  const running: RunningService[] = []
  let listener: LinkListener | undefined
  const setPeers = (peers: readonly PeerListing[]): void =>
    router.setPeers(peers.filter(({ instance }) => instance !== options.instance))

  const open = (): OpenParts => ({ options, stopping, events, dispatcher, environment, listener, running, router })

  try {
    const parts = { loaded, calls, startCalls: startCalls(calls, starts), events, stopping: stopping.signal }
    running.push(...(await openServices(options, parts)))
    await events.connect(calls.invoker(eventsCaller.name, eventsCaller.uses))
    // Start hooks may call services elsewhere.
    options.watchPeers?.(setPeers)
    // The bus is no service of the app's own.
    await starts.run(options.atRest === true ? running.filter(({ loaded: { name } }) => name === busName) : running)
    for (const bound of events.prepare(running)) dispatcher.add(bound)
    listener = await listen(options, environment, dispatcher)
    if (options.atRest !== true) await events.start()
  } catch (error) {
    stopping.abort()
    await within(platform, cancelledMs, starts.settled())
    await closeInstance(open(), closeTimeoutMs)
    throw error
  }
  const names = loaded.map(({ name }) => name).join(', ')
  observer.observe({ kind: 'lifecycle', subject: 'instance', state: 'ready', detail: names || 'it runs no service' })

  let stopped: Promise<void> | undefined
  return {
    instance: options.instance,
    address: listener?.address,
    services: listings,
    events: ownServices.flatMap(({ name, definition }) => eventListing(name, definition) ?? []),
    setPeers,
    invoker: (name) => calls.invoker(name, usesOf(name, callers)),
    check: (signal) => check(running, router, callers, signal),
    runningCalls: () => runningCalls(environment, new Set(loaded.map(({ name }) => name))),
    stop: (graceMs, closeMs = closeTimeoutMs) =>
      (stopped ??= stopInstance(open(), graceMs, closeMs).finally(onStopped)),
  }
}

function warnOfPatterns(loaded: readonly LoadedService[], observer: Observer): void {
  for (const { name: service, definition } of loaded)
    for (const message of patternWarnings(definition.contract))
      observer.observe({ kind: 'log', service, level: 'warn', message, fields: undefined, call: undefined })
}

/** What peers must hear of it in a handshake. */
function checkIdentity(options: InstanceOptions): void {
  if (options.instance.length > maxInstanceLength)
    throw new DefinitionError(`Instance '${options.instance}'`, [
      `its name has ${options.instance.length} characters; at most ${maxInstanceLength} are possible`,
    ])
  if (options.listen && !options.linkSecret)
    throw new DefinitionError(`Instance '${options.instance}'`, [
      'it listens, but has no linkSecret; without one any process could call its services',
    ])
}

function createEnvironment({ platform, compiledCodecs = true }: InstanceOptions): CallEnvironment {
  return {
    platform,
    wheel: new DeadlineWheel(platform),
    traceIds: new TraceIds(platform),
    codecs: new OperationCodecs(compiledCodecs),
  }
}

function createStarts(
  { app, platform, observer, startWatch }: InstanceOptions,
  parts: {
    readonly environment: CallEnvironment
    readonly router: Router
    readonly dispatcher: Dispatcher
    readonly stopping: AbortSignal
  },
): ServiceStarts {
  return new ServiceStarts({
    ...parts,
    app: app.name,
    platform,
    observer,
    watch: startWatch,
    open: (service) => addOperations(service, parts.dispatcher),
  })
}

function addOperations({ loaded: { definition }, contexts }: RunningService, dispatcher: Dispatcher): void {
  for (const operation of Object.values(definition.contract.operations)) {
    const handler = definition.operations[operation.name]
    if (handler === undefined) continue
    const contextOf = contexts.forCallsOf(handler)
    dispatcher.add({ operation, handle: (input, call, items) => handler(input, contextOf(call), items) })
  }
}

/** Accepts calls of other processes, where the instance is to. */
async function listen(
  options: InstanceOptions,
  environment: CallEnvironment,
  dispatcher: Dispatcher,
): Promise<LinkListener | undefined> {
  const { network, listen: address, observer, instance, linkSecret: secret } = options
  if (!address) return undefined
  return createLinkListener({ network, listen: address, environment, dispatcher, observer, instance, secret })
}

function listingOf({ name, definition }: LoadedService, busElsewhere: boolean): ServiceListing {
  const { contract, uses } = definition
  // The bus has to outlive those that still send to it.
  const bus = busElsewhere && usesBus(definition) ? [busName] : []
  return { name, fingerprint: contract.fingerprint, uses: [...usedNames(uses), ...bus] }
}

interface OpenParts {
  readonly options: InstanceOptions
  readonly stopping: AbortController
  readonly events: InstanceEvents
  readonly dispatcher: Dispatcher
  readonly environment: CallEnvironment
  readonly listener: LinkListener | undefined
  readonly running: readonly RunningService[]
  readonly router: Router
}

async function stopInstance(open: OpenParts, graceMs: number, closeMs: number): Promise<void> {
  const { options, stopping, listener, events, dispatcher } = open
  const { platform, observer } = options
  observer.observe({ kind: 'lifecycle', subject: 'instance', state: 'draining', detail: undefined })
  stopping.abort()
  listener?.goAway()
  const inTime = await within(platform, graceMs, Promise.all([events.finish(graceMs), dispatcher.drained()]))
  if (!inTime) observer.observe({ kind: 'fault', subject: 'instance', error: lateError(graceMs) })
  await closeInstance(open, closeMs)
  observer.observe({ kind: 'lifecycle', subject: 'instance', state: 'stopped', detail: undefined })
}

/** Closes everything, what came last first; what still runs is cancelled. */
async function closeInstance(
  { options, events, dispatcher, environment, listener, running, router }: OpenParts,
  closeMs: number,
): Promise<void> {
  const { platform } = options
  await events.stop()
  dispatcher.close()
  // Whoever still waits, in this process or over a link, is told; handlers see it in their signal.
  environment.wheel.close()
  await within(platform, cancelledMs, dispatcher.drained())
  await listener?.close()
  for (const service of running.toReversed()) await stopService(service, options, closeMs)
  router.close()
  environment.wheel.close()
}

function lateError(graceMs: number): Error {
  return new Error(`Calls were still running ${graceMs} ms after the instance was told to stop; they are cancelled.`)
}

async function check(
  running: readonly RunningService[],
  router: Router,
  callers: readonly { readonly uses: readonly string[] }[],
  signal: AbortSignal | undefined,
): ReturnType<Instance['check']> {
  // Without the bus calls are answered all the same; events wait in the outboxes.
  const local = new Set(running.map(({ loaded }) => loaded.name))
  const used = new Set(callers.flatMap(({ uses }) => uses).filter((name) => name !== busName))
  const missing = [...used].filter((name) => !local.has(name) && !router.reaches(name))
  const problems = missing.map((name) => `No instance of '${name}' can be reached.`)
  const pings = running.map(async ({ loaded, store }) => {
    try {
      await store?.ping(signal)
      return undefined
    } catch (error) {
      return `The store of '${loaded.name}' fails: ${messageOf(error)}`
    }
  })
  for (const problem of await Promise.all(pings)) if (problem !== undefined) problems.push(problem)
  return { ready: problems.length === 0, callable: used.size === 0 || missing.length < used.size, problems }
}
