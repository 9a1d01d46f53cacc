// What the page costs with no services at all: the handlers called as functions by a server of node:http, nothing checked.
import http from 'node:http'
import type { AddressInfo } from 'node:net'

import { serveWorker } from '../harness/serve-worker.ts'
import { directCalls } from './glue.ts'
import { createHandlers } from './handlers.ts'

await serveWorker(async () => {
  const { web } = directCalls(createHandlers())
  const answer = async (response: http.ServerResponse): Promise<void> => {
    const text = JSON.stringify(await web.home({}))
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
    response.end(text)
  }
  const server = http.createServer((_request, response) => void answer(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port }
})
