export { kafka } from './kafka.ts'
export type { KafkaOptions } from './kafka-session.ts'
export type { BrokerOptions } from '../broker/broker-options.ts'
