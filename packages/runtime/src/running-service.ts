import { delay, type Observer, type Platform } from '@holon/contract'
import type { Store } from '@holon/data'
import type { Calls, Dispatcher } from '@holon/rpc'

import type { InstanceEvents } from './instance-events.ts'
import type { InstanceOptions } from './instance.ts'
import type { LoadedService } from './load-services.ts'
import { type ContextFactory, createContextFactory } from './service-context.ts'

/** A stop hook or a store that does not finish is left behind after this. */
const closeTimeoutMs = 5_000

/** A service of this process, from the opening of its store to its closing. */
export interface RunningService {
  readonly loaded: LoadedService
  readonly store: Store | undefined
  readonly contexts: ContextFactory
  /** Its start hook has run: only then its stop hook does. */
  started: boolean
}

export interface ServiceParts {
  readonly loaded: readonly LoadedService[]
  readonly calls: Calls
  readonly events: InstanceEvents
  readonly stopping: AbortSignal
}

/** Opens the stores and makes the contexts. */
export async function openServices(
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

export async function startService(service: RunningService, dispatcher: Dispatcher, observer: Observer): Promise<void> {
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

export async function stopService(
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
export async function within(platform: Platform, timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
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
