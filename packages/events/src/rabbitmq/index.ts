export { rabbitmq } from './rabbitmq.ts'
export type { RabbitOptions } from './rabbit-session.ts'
export type { BrokerOptions } from '../broker/broker-options.ts'
