/**
 * NATS JetStream as an app's bus. Needs `npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv`.
 *
 * @module
 */
export { nats, type NatsOptions } from '@holon/events/nats'
