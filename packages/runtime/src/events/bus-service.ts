import { defaultStartTimeoutMs, type HandlerContext, type ServiceDefinition } from '@holon/app'
import type { Store } from '@holon/data'
import type { BusDefinition } from '@holon/events'
import {
  busContract,
  type BusHandler,
  type BusOperations,
  type EmbeddedBus,
  openEmbeddedBus,
} from '@holon/events/embedded'

/** The embedded bus as the store of its service. */
interface BusStore extends Store {
  readonly bus: EmbeddedBus
}

/** The embedded bus as a service like any other; what it stores is its log. `onBroken`: only a new start mends it. */
export function busService(
  { retentionMs }: Pick<BusDefinition, 'retentionMs'>,
  onBroken: (error: unknown) => void = () => undefined,
): ServiceDefinition {
  return {
    contract: busContract,
    uses: {},
    config: undefined,
    subscriptions: [],
    schedules: [],
    start: undefined,
    stop: undefined,
    startTimeoutMs: defaultStartTimeoutMs,
    store: {
      kind: 'sqlite',
      async open({ connection, platform, onError }): Promise<BusStore> {
        let broken: { readonly error: unknown } | undefined
        const bus = await openEmbeddedBus({
          file: connection,
          platform,
          onError,
          onBroken: (error) => {
            broken = { error }
            onError(error)
            onBroken(error)
          },
          ...(retentionMs !== undefined && { retentionMs }),
        })
        const ping = async (): Promise<void> => {
          if (broken) throw new Error('Its log cannot be written.', { cause: broken.error })
        }
        return { bus, ping, close: () => bus.close() }
      },
    },
    operations: Object.fromEntries(
      Object.keys(busContract.operations).map((name) => [
        name,
        (input: unknown, ctx: HandlerContext, items?: AsyncIterable<unknown>): unknown =>
          handlerOf(ctx, name)(input, { signal: signalFor(ctx, name) }, items),
      ]),
    ),
  }
}

function handlerOf({ store }: HandlerContext, name: string): BusHandler {
  // The store is the one above, the names those of the bus's contract, and what they get is checked against it.
  return (store as BusStore).bus.operations[name as keyof BusOperations] as BusHandler
}

/** Subscriptions end when the bus is told to stop: their members join again elsewhere, or later. */
function signalFor(ctx: HandlerContext, name: string): AbortSignal {
  return name === 'subscribe' ? AbortSignal.any([ctx.signal, ctx.stopping]) : ctx.signal
}
