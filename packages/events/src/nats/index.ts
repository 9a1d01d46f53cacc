export { nats } from './nats.ts'
export type { NatsOptions } from './nats-session.ts'
export type { BrokerOptions } from '../broker/broker-options.ts'
