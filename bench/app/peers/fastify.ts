// Fastify servers and undici pools; JSON over HTTP/1.1, kept alive.
import Fastify from 'fastify'
import { Pool } from 'undici'

import { answersOf, callsTo } from '../glue.ts'
import type { AppPeer, Ports } from '../hand-written.ts'
import { type Calls, exposed, type ServiceName, uses } from '../operations.ts'

const headers = { 'content-type': 'application/json' }

function connect(services: readonly ServiceName[], ports: Ports): Calls {
  const pools = new Map(services.map((name) => [name, new Pool(`http://127.0.0.1:${ports[name]}`)]))
  return callsTo(services, ({ service, name }) => async (input) => {
    const options = { path: `/${name}`, method: 'POST', headers, body: JSON.stringify(input) } as const
    const response = await pools.get(service)?.request(options)
    if (response?.statusCode !== 200) throw new Error(`${service}.${name} answered ${response?.statusCode}`)
    return response.body.json()
  })
}

export const peer: AppPeer = {
  async serve(service, handlers, ports) {
    const app = Fastify({ logger: false })
    for (const { name, answer } of answersOf(service, handlers, connect(uses[service], ports))) {
      app.post(`/${name}`, ({ body }) => answer(body))
    }
    await app.listen({ host: '127.0.0.1', port: ports[service] })
  },
  edge: async (ports) => (await import('./edge.ts')).startEdge(connect(exposed, ports)),
}
