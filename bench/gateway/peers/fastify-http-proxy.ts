// node gateway/peers/fastify-http-proxy.ts <port of the upstream>
import type { AddressInfo } from 'node:net'

import proxy from '@fastify/http-proxy'
import Fastify from 'fastify'

import { serveWorker } from '../../harness/serve-worker.ts'

await serveWorker(async () => {
  const app = Fastify({ logger: false })
  await app.register(proxy, { upstream: `http://127.0.0.1:${process.argv[2]}` })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return { port: (app.server.address() as AddressInfo).port }
})
