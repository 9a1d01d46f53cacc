export { rabbitmq } from './rabbitmq.ts'
export type { RabbitOptions } from './rabbit-session.ts'
