import { gatewayName } from '@holon/app'
import { eventListing } from '@holon/app/event-listing'
import { type Observer, within } from '@holon/contract'
import { Endpoint, type ServiceListing } from '@holon/rpc'

import { callersOf, usedNames } from './callers.ts'
import { checkInstance } from './check-instance.ts'
import { busOwnService } from './events/bus-own-service.ts'
import { eventsCaller } from './events/event-use.ts'
import { eventWorkOf, isMoving } from './events/event-work.ts'
import { openEvents } from './events/open-events.ts'
import type { InstancePart } from './instance-part.ts'
import type { Instance, InstanceOptions } from './instance.ts'
import { keepAlive } from './keep-alive.ts'
import { type LoadedService, loadServices } from './load-services.ts'
import { loadedOwn, placeOwn } from './own-service.ts'
import { patternWarnings } from './pattern-warnings.ts'
import { closeTimeoutMs, openServices, type RunningService, stopService } from './running-service.ts'
import { ServiceStarts } from './service-starts.ts'
import { startCalls } from './start-calls.ts'

/** What a start that failed waits for hooks that still run. */
const hooksMs = 1_000

/**
 * Starts services in this process: loads their modules, reads their configuration, opens their stores, runs their
 * `start` hooks, each after those of the services it uses, and accepts calls. When anything fails, what was opened is
 * closed again.
 *
 * @throws DefinitionError for mistakes that starting again would not cure.
 */
export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const alive = keepAlive(options.platform)
  try {
    return await start(options, () => alive.cancel())
  } catch (error) {
    alive.cancel()
    throw error
  }
}

async function start(options: InstanceOptions, onStopped: () => void): Promise<Instance> {
  const { platform, observer, compiledCodecs = true } = options
  const own = busOwnService
  const names = options.services.filter((name) => name !== gatewayName && name !== own.name)
  const appServices = await loadServices(options, names)
  warnOfPatterns(appServices, observer)
  const place = await placeOwn(own, options, appServices)
  const loaded = place === 'here' ? [await loadedOwn(own, options), ...appServices] : appServices
  const callers = [...callersOf(options, loaded), ...(place === 'unused' ? [] : [eventsCaller])]
  const { instance, linkSecret: secret, network } = options
  const endpoint = new Endpoint({ instance, secret, callers, platform, observer, network, compiledCodecs })
  const events = await openEvents({ options, loaded, endpoint })
  const parts: readonly InstancePart[] = [events]
  const stopping = new AbortController()
  const starts = createStarts(options, endpoint, stopping.signal)
  const running: RunningService[] = []
  const open: OpenInstance = { options, stopping, endpoint, parts, running }
  try {
    const calls = { calls: endpoint.calls, startCalls: startCalls(endpoint.calls, starts) }
    running.push(...(await openServices(options, { loaded, ...calls, events, stopping: stopping.signal })))
    for (const part of parts) await part.connect()
    // Start hooks may call services elsewhere.
    options.watchPeers?.((peers) => endpoint.setPeers(peers))
    // The bus is no service of the app's own.
    await starts.run(options.atRest === true ? running.filter((service) => service.loaded.name === own.name) : running)
    for (const part of parts) for (const bound of part.prepare(running)) endpoint.bind(bound)
    if (options.listen) await endpoint.listen(options.listen)
    if (options.atRest !== true) for (const part of parts) await part.start()
  } catch (error) {
    stopping.abort()
    await within(platform, hooksMs, starts.settled())
    await closeInstance(open, closeTimeoutMs)
    throw error
  }
  const ready = loaded.map(({ name }) => name).join(', ')
  observer.observe({ kind: 'lifecycle', subject: 'instance', state: 'ready', detail: ready || 'it runs no service' })

  let stopped: Promise<void> | undefined
  return {
    instance,
    address: endpoint.address,
    services: loaded.map((service) =>
      listingOf(service, place === 'elsewhere' && own.isUsedBy(service.definition, options.app) ? [own.name] : []),
    ),
    events: appServices.flatMap(({ name, definition }) => eventListing(name, definition) ?? []),
    setPeers: (peers) => endpoint.setPeers(peers),
    invoker: (name) => endpoint.invoker(name),
    check: (signal) => checkInstance({ running, endpoint, callers }, signal),
    runningCalls: () => endpoint.runningCalls(new Set(loaded.map(({ name }) => name))),
    eventWork: () => Promise.all(events.services.map(({ movers }) => eventWorkOf(movers))),
    movesEvents: () => events.services.some(({ movers }) => isMoving(movers)),
    stop: (graceMs, closeMs = closeTimeoutMs) => (stopped ??= stopInstance(open, graceMs, closeMs).finally(onStopped)),
  }
}

function warnOfPatterns(loaded: readonly LoadedService[], observer: Observer): void {
  for (const { name: service, definition } of loaded)
    for (const message of patternWarnings(definition.contract))
      observer.observe({ kind: 'log', service, level: 'warn', message, fields: undefined, call: undefined })
}

function createStarts(
  { app, platform, observer, startWatch: watch }: InstanceOptions,
  endpoint: Endpoint,
  stopping: AbortSignal,
): ServiceStarts {
  const open = (service: RunningService): void => bindOperations(service, endpoint)
  return new ServiceStarts({ app: app.name, platform, observer, endpoint, stopping, watch, open })
}

function bindOperations({ loaded: { definition }, contexts }: RunningService, endpoint: Endpoint): void {
  for (const operation of Object.values(definition.contract.operations)) {
    const handler = definition.operations[operation.name]
    if (handler === undefined) continue
    const contextOf = contexts.forCallsOf(handler)
    endpoint.bind({ operation, handle: (input, call, items) => handler(input, contextOf(call), items) })
  }
}

/** `own`: services of Holon's own, in other instances, that have to outlive those that still call them. */
function listingOf({ name, definition }: LoadedService, own: readonly string[]): ServiceListing {
  const { contract, uses } = definition
  return { name, fingerprint: contract.fingerprint, uses: [...usedNames(uses), ...own] }
}

interface OpenInstance {
  readonly options: InstanceOptions
  readonly stopping: AbortController
  readonly endpoint: Endpoint
  readonly parts: readonly InstancePart[]
  readonly running: readonly RunningService[]
}

async function stopInstance(open: OpenInstance, graceMs: number, closeMs: number): Promise<void> {
  const { options, stopping, endpoint, parts } = open
  const { platform, observer } = options
  observer.observe({ kind: 'lifecycle', subject: 'instance', state: 'draining', detail: undefined })
  stopping.abort()
  endpoint.goAway()
  const finishing = parts.toReversed().map((part) => part.finish(graceMs))
  const inTime = await within(platform, graceMs, Promise.all([...finishing, endpoint.drained()]))
  if (!inTime) observer.observe({ kind: 'fault', subject: 'instance', error: lateError(graceMs) })
  await closeInstance(open, closeMs)
  observer.observe({ kind: 'lifecycle', subject: 'instance', state: 'stopped', detail: undefined })
}

/** Closes everything, what came last first; what still runs is cancelled. */
async function closeInstance({ options, parts, endpoint, running }: OpenInstance, closeMs: number): Promise<void> {
  for (const part of parts.toReversed()) await part.stop()
  await endpoint.cutOff()
  for (const service of running.toReversed()) await stopService(service, options, closeMs)
  endpoint.close()
}

function lateError(graceMs: number): Error {
  return new Error(`Calls were still running ${graceMs} ms after the instance was told to stop; they are cancelled.`)
}
