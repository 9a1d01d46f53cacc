// The service behind the proxies: node:http that answers products. node gateway/upstream.ts
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

import { serveWorker } from '../harness/serve-worker.ts'
import { getProduct } from '../rpc/workload.ts'

await serveWorker(async () => {
  const server = http.createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    const { method, url = '' } = request
    const answer = (value: unknown): void => {
      const body = JSON.stringify(value)
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
      response.end(body)
    }
    if (method === 'POST') {
      const pieces: Buffer[] = []
      request.on('data', (piece: Buffer) => pieces.push(piece))
      request.on('end', () => answer(JSON.parse(Buffer.concat(pieces).toString())))
      return
    }
    const query = url.indexOf('?') // /catalog/P100001?currency=USD
    answer(getProduct({ id: url.slice('/catalog/'.length, query), currency: url.slice(query + 10) }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port }
})
