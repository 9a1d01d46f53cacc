export { nats } from './nats.ts'
export { natsBus } from './nats-bus.ts'
export type { NatsOptions } from './nats-session.ts'
export type { BrokerOptions } from '../broker/broker-options.ts'
