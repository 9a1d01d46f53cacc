// The service behind the proxies: node:http that answers products. node gateway/upstream.ts
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

import { serveWorker } from '../harness/serve-worker.ts'
import { getProduct } from '../rpc/workload.ts'

await serveWorker(async () => {
  const server = http.createServer({ keepAliveTimeout: 120_000 }, ({ url = '' }, response) => {
    const query = url.indexOf('?') // /catalog/P100001?currency=USD
    const product = getProduct({ id: url.slice('/catalog/'.length, query), currency: url.slice(query + 10) })
    const body = JSON.stringify(product)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port }
})
