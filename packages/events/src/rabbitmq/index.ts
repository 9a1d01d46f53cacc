export { rabbitmq } from './rabbitmq.ts'
export { rabbitmqBus } from './rabbit-bus.ts'
export type { RabbitOptions } from './rabbit-session.ts'
export type { BrokerOptions } from '../broker/broker-options.ts'
