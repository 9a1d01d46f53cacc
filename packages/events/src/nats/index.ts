export { nats } from './nats.ts'
export type { NatsOptions } from './nats-session.ts'
