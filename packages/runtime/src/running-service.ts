import type { ServiceScope } from '@holon/app'
import { DefinitionError, isInstance, messageOf, type Observer, type Platform } from '@holon/contract'
import { within } from '@holon/contract/platform'
import type { Store } from '@holon/data'
import type { ServiceCalls } from '@holon/rpc'

import type { EventsPart } from './events/instance-events.ts'
import type { InstanceOptions } from './instance.ts'
import type { LoadedService } from './load-services.ts'
import { type ContextFactory, createContextFactory } from './service-context.ts'

/** A stop hook or a store that does not finish is left behind after this. */
export const closeTimeoutMs = 5_000

/** A service of this process, from the opening of its store to its closing. */
export interface RunningService {
  readonly loaded: LoadedService
  readonly store: Store | undefined
  readonly contexts: ContextFactory
  /** What its start hook is given: its calls wait until the called service has started. */
  readonly startScope: () => ServiceScope
  /** Its start hook has run: only then its stop hook does. */
  started: boolean
}

export interface ServiceParts {
  readonly loaded: readonly LoadedService[]
  readonly calls: ServiceCalls
  /** The calls of start hooks. */
  readonly startCalls: ServiceCalls
  readonly events: EventsPart
  readonly stopping: AbortSignal
}

/** Opens the stores and makes the contexts. */
export async function openServices(
  options: InstanceOptions,
  { loaded, calls, startCalls, events, stopping }: ServiceParts,
): Promise<RunningService[]> {
  const { platform, observer } = options
  const stores = await openStores(loaded, options, events)
  return loaded.map((service) => {
    const store = stores.get(service.name)
    const publish = events.publishOf(service, store)
    const follow = events.followOf(service)
    const scope = { store, config: service.config, platform, observer, stopping, publish, follow }
    const contexts = createContextFactory(service.definition, calls, scope)
    const startScope = (): ServiceScope => createContextFactory(service.definition, startCalls, scope).scope
    return { loaded: service, store, contexts, startScope, started: false }
  })
}

/** Opens all stores at once; if one fails, the others are closed. */
async function openStores(
  loaded: readonly LoadedService[],
  options: InstanceOptions,
  events: EventsPart,
): Promise<ReadonlyMap<string, Store>> {
  const stores = new Map<string, Store>()
  const outcomes = await Promise.allSettled(
    loaded.map(async (service) => {
      const store = await openStore(service, options, events)
      if (store) stores.set(service.name, store)
    }),
  )
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed === undefined) return stores
  await Promise.allSettled(Array.from(stores.values(), (store) => store.close()))
  throw failed.reason
}

async function openStore(
  service: LoadedService,
  { platform, observer, provision, startWatch }: InstanceOptions,
  events: EventsPart,
): Promise<Store | undefined> {
  const { name, definition } = service
  const { store: choice, startTimeoutMs } = definition
  if (choice === undefined) return undefined
  const onError = (error: unknown): void => observer.observe({ kind: 'fault', subject: `store of ${name}`, error })
  // Whoever provides the database bounds that; the first start of a cluster is not the service's doing.
  const connection = await provision(name, choice.kind)
  startWatch?.step(startTimeoutMs)
  const late = new AbortController()
  const parts = { service: name, connection, platform, onError, signal: late.signal }
  const opening = choice.open({ ...parts, ...events.storeOptions(service) })
  if (await within(platform, startTimeoutMs, opening)) return opening
  const error = new Error(
    `The store of '${name}' was not open within ${startTimeoutMs} ms, migrations included. Give it longer with startTimeoutMs in defineService.`,
  )
  late.abort(error)
  // Opened all the same, by one that does not heed the signal.
  opening.then((store) => store.close()).catch(() => undefined)
  throw error
}

export interface ServiceStartParts {
  readonly platform: Platform
  readonly observer: Observer
  /** Lets its operations be called. */
  readonly open: (service: RunningService) => void
  /** The services that its start hook waits for. */
  readonly waitsFor: (service: string) => readonly string[]
}

/** Runs its start hook, if it has one, and opens it to calls. */
export async function startService(
  service: RunningService,
  { platform, observer, open, waitsFor }: ServiceStartParts,
): Promise<void> {
  const { name } = service.loaded
  observer.observe({ kind: 'lifecycle', subject: name, state: 'starting', detail: undefined })
  try {
    await runStartHook(service, { platform, waitsFor })
  } catch (error) {
    observer.observe({ kind: 'lifecycle', subject: name, state: 'failed', detail: messageOf(error) })
    // Starting again would not help.
    if (isInstance(error, DefinitionError)) throw error
    throw new Error(`Service '${name}' could not start: ${messageOf(error)}`, { cause: error })
  }
  service.started = true
  open(service)
  observer.observe({ kind: 'lifecycle', subject: name, state: 'ready', detail: undefined })
}

async function runStartHook(
  { loaded, startScope }: RunningService,
  { platform, waitsFor }: Pick<ServiceStartParts, 'platform' | 'waitsFor'>,
): Promise<void> {
  const { start, startTimeoutMs } = loaded.definition
  if (start === undefined) return
  const hook = (async () => start(startScope()))()
  if (await within(platform, startTimeoutMs, hook)) return
  hook.catch(() => undefined)
  const awaited = waitsFor(loaded.name).map((name) => `'${name}'`)
  const what = awaited.length > 0 ? `; it waits for ${awaited.join(' and ')}, which has not started` : ''
  throw new Error(
    `its start hook did not end within ${startTimeoutMs} ms${what}. Give it longer with startTimeoutMs in defineService, or do not wait there.`,
  )
}

/** Runs its stop hook and closes its store. What takes longer than `closeMs` is named and left behind. */
export async function stopService(
  { loaded, store, contexts, started }: RunningService,
  { platform, observer, onUnfinished }: Pick<InstanceOptions, 'platform' | 'observer' | 'onUnfinished'>,
  closeMs: number,
): Promise<void> {
  const close = async (): Promise<void> => {
    if (started) await loaded.definition.stop?.(contexts.scope)
  }
  for (const [what, step] of [
    ['stop hook', close],
    ['store', async () => store?.close()],
  ] as const) {
    try {
      const inTime = await within(platform, closeMs, step())
      if (!inTime) throw new Error(`The ${what} of '${loaded.name}' did not finish within ${closeMs} ms.`)
    } catch (error) {
      observer.observe({ kind: 'fault', subject: loaded.name, error })
      onUnfinished?.(error)
    }
  }
  if (started) observer.observe({ kind: 'lifecycle', subject: loaded.name, state: 'stopped', detail: undefined })
}
