import { loadOptional } from '@holon/contract/optional-package'

import type { BusDefinition } from '../bus-definition.ts'
import { limitIn } from '../event-limit.ts'
import type { RabbitOptions } from './rabbit-session.ts'

/** The choice of RabbitMQ as an app's bus. Names of exchanges and queues begin with the app's name. */
export function rabbitmq(options: Omit<RabbitOptions, 'platform'>): BusDefinition {
  return {
    kind: 'rabbitmq',
    ...limitIn(options),
    // The driver is loaded by who uses the bus, not by everybody who reads the configuration.
    open: async ({ app, platform }) => {
      const { rabbitmqBus } = await loadOptional(() => import('./rabbit-bus.ts'), {
        part: "The bus 'rabbitmq'",
        packages: ['rabbitmq-client'],
        resolve: (name) => import.meta.resolve(name),
      })
      return rabbitmqBus({ prefix: app, ...options, platform })
    },
  }
}
