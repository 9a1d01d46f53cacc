import type { BusDefinition } from '../bus-definition.ts'
import { limitIn } from '../event-limit.ts'
import { kafkaBus } from './kafka-bus.ts'
import type { KafkaOptions } from './kafka-session.ts'

/** The choice of Kafka as an app's bus. Topics have the names of events; groups begin with the app's name. */
export function kafka(options: Omit<KafkaOptions, 'platform'>): BusDefinition {
  return {
    kind: 'kafka',
    ...limitIn(options),
    open: ({ app, platform, onError }) => Promise.resolve(kafkaBus({ prefix: app, onError, ...options, platform })),
  }
}
