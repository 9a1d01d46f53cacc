import type { BusDefinition } from '../bus-definition.ts'
import { limitIn } from '../event-limit.ts'
import { rabbitmqBus } from './rabbit-bus.ts'
import type { RabbitOptions } from './rabbit-session.ts'

/** The choice of RabbitMQ as an app's bus. Names of exchanges and queues begin with the app's name. */
export function rabbitmq(options: Omit<RabbitOptions, 'platform'>): BusDefinition {
  return {
    kind: 'rabbitmq',
    ...limitIn(options),
    open: ({ app, platform }) => Promise.resolve(rabbitmqBus({ prefix: app, ...options, platform })),
  }
}
