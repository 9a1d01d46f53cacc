export { kafka } from './kafka.ts'
export type { KafkaOptions } from './kafka-session.ts'
