import type { SuiteName } from '../harness/result.ts'

/** The variants that the others of a suite are multiples of. */
export const references: Readonly<Record<SuiteName, readonly string[]>> = {
  rpc: ['grpc-js', 'raw-unix'],
  gateway: ['fastify-http-proxy', 'nginx'],
  app: ['holon-one'],
  startup: ['holon-one'],
  shop: [],
  events: ['pg-boss', 'graphile-worker', 'client-nats', 'client-rabbitmq', 'client-kafka'],
}
