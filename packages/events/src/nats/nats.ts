import { loadOptional } from '@holon/contract/optional-package'

import type { BusDefinition } from '../bus-definition.ts'
import { limitIn } from '../event-limit.ts'
import type { NatsOptions } from './nats-session.ts'

/** The choice of NATS JetStream as an app's bus. Names of streams, subjects and the bucket begin with the app's name. */
export function nats(options: Omit<NatsOptions, 'platform'>): BusDefinition {
  return {
    kind: 'nats',
    ...limitIn(options),
    // The driver is loaded by who uses the bus, not by everybody who reads the configuration.
    open: async ({ app, platform, onError }) => {
      const { natsBus } = await loadOptional(() => import('./nats-bus.ts'), {
        part: "The bus 'nats'",
        packages: ['@nats-io/transport-node', '@nats-io/jetstream', '@nats-io/kv'],
        resolve: (name) => import.meta.resolve(name),
      })
      return natsBus({ prefix: app, onError, ...options, platform })
    },
  }
}
