import type { Platform } from '@holon/contract'

import type { Bus } from './bus.ts'
import type { BusInvoker } from './embedded/remote-bus.ts'
import { type EventLimit, eventLimitOf } from './event-limit.ts'

/** What the runtime hands to {@link BusDefinition.open}. */
export interface OpenBusOptions {
  /** Name of the app; buses that apps share keep them apart by it. */
  readonly app: string
  /** Name of the replica, the same after a restart. */
  readonly instance: string
  readonly platform: Platform
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Told of failures that no call is waiting for. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Calls the service that serves the embedded bus. */
  readonly invoker: BusInvoker
}

/** The choice of a bus, as a plain value: declaring it opens nothing. */
export interface BusDefinition {
  readonly kind: 'embedded' | 'nats' | 'rabbitmq' | 'kafka' | (string & {})
  /** For how long the embedded bus keeps messages that every subscription has dealt with. */
  readonly retentionMs?: number
  /**
   * How many bytes the data of one event may have, as JSON text in UTF-8. Publishing more fails with `invalid_argument`,
   * and what lies in an outbox already becomes a dead letter. Default 1,000,000, at most 64,000,000. The broker must take it.
   */
  readonly maxEventBytes?: number
  /** Connects. The bus reconnects by itself; `publish` rejects within ten seconds while it cannot be reached. */
  open(options: OpenBusOptions): Promise<Bus>
}

/** Options of {@link embedded}. All may be left out. */
export interface EmbeddedOptions extends EventLimit {
  /** How long messages are kept after every subscription has dealt with them: as far back as `rewind` reaches. Default 7 days. */
  readonly retentionMs?: number
}

/**
 * The bus that comes with Holon: a durable log in one sqlite file, served on this machine. The default.
 *
 * @example
 * defineApp({ name: 'shop', services, bus: embedded({ retentionMs: 30 * 24 * 3_600_000 }) })
 */
export function embedded(options: EmbeddedOptions = {}): BusDefinition {
  eventLimitOf(options)
  return {
    kind: 'embedded',
    ...options,
    open: async ({ invoker, platform, onError }) => {
      const { remoteBus } = await import('./embedded/remote-bus.ts')
      return remoteBus({ invoker, platform, onError })
    },
  }
}
