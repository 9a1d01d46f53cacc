/**
 * Kafka as an app's bus. Needs `npm install @platformatic/kafka`.
 *
 * @module
 */
export { kafka, type KafkaOptions } from '@holon/events/kafka'
