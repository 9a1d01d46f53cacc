import type { BusDefinition } from '../bus-definition.ts'
import { limitIn } from '../event-limit.ts'
import { natsBus } from './nats-bus.ts'
import type { NatsOptions } from './nats-session.ts'

/** The choice of NATS JetStream as an app's bus. Names of streams, subjects and the bucket begin with the app's name. */
export function nats(options: Omit<NatsOptions, 'platform'>): BusDefinition {
  return {
    kind: 'nats',
    ...limitIn(options),
    open: ({ app, platform, onError }) => Promise.resolve(natsBus({ prefix: app, onError, ...options, platform })),
  }
}
