/**
 * RabbitMQ as an app's bus. Needs `npm install rabbitmq-client`.
 *
 * @module
 */
export { rabbitmq, type RabbitOptions } from '@holon/events/rabbitmq'
