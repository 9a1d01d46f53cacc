import { loadOptional } from '@holon/contract/optional-package'

import type { BusDefinition } from '../bus-definition.ts'
import { limitIn } from '../event-limit.ts'
import type { KafkaOptions } from './kafka-session.ts'

/** The choice of Kafka as an app's bus. Topics have the names of events; groups begin with the app's name. */
export function kafka(options: Omit<KafkaOptions, 'platform'>): BusDefinition {
  return {
    kind: 'kafka',
    ...limitIn(options),
    // The driver is loaded by who uses the bus, not by everybody who reads the configuration.
    open: async ({ app, platform, onError }) => {
      const { kafkaBus } = await loadOptional(() => import('./kafka-bus.ts'), {
        part: "The bus 'kafka'",
        packages: ['@platformatic/kafka'],
        resolve: (name) => import.meta.resolve(name),
      })
      return kafkaBus({ prefix: app, onError, ...options, platform })
    },
  }
}
