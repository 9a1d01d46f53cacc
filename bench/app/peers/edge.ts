// The HTTP edge of the hand-written variants: Fastify, the way most of their users write it.
import type { AddressInfo } from 'node:net'

import Fastify from 'fastify'

import { type Calls, exposed, operationsOf } from '../operations.ts'

type AnyCall = (input: unknown) => Promise<unknown>

/** Serves the exposed operations over the given calls. Input is validated by the service that answers. */
export async function startEdge(calls: Calls, port = 0): Promise<{ readonly port: number }> {
  const app = Fastify({ logger: false })
  for (const { service, name, http = '' } of exposed.flatMap((one) => operationsOf(one))) {
    const [method, path] = http.split(' ')
    if (method === undefined || path === undefined) continue
    // All operations of the app are called alike here, whatever each takes.
    const call = (calls[service] as unknown as Readonly<Record<string, AnyCall>>)[name]
    app.route({
      method,
      url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async ({ params, query, body }) =>
        call?.({ ...(query as object), ...(body as object | undefined), ...(params as object) }),
    })
  }
  await app.listen({ host: '127.0.0.1', port })
  return { port: (app.server.address() as AddressInfo).port }
}
