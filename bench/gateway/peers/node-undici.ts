// node:http in front, undici's dispatch behind, the answer written as it comes; the least that Node can do over HTTP.
// node gateway/peers/node-undici.ts <port of the upstream>
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

import { type Dispatcher, Pool } from 'undici'

import { serveWorker } from '../../harness/serve-worker.ts'

const hopByHop = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection', 'te', 'trailer']

function passedHeaders({ rawHeaders, socket }: http.IncomingMessage): string[] {
  const headers = ['x-forwarded-for', socket.remoteAddress ?? '']
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = [rawHeaders[i], rawHeaders[i + 1]]
    if (!hopByHop.includes(name.toLowerCase())) headers.push(name, value)
  }
  return headers
}

function answerWith(response: http.ServerResponse): Dispatcher.DispatchHandler {
  return {
    onRequestStart: () => {},
    onResponseStart: (_controller, status, headers) => {
      const passed = Object.entries(headers).filter(([name]) => !hopByHop.includes(name))
      response.writeHead(status, Object.fromEntries(passed))
    },
    onResponseData: (controller, chunk) => {
      if (response.write(chunk)) return
      controller.pause()
      response.once('drain', () => controller.resume())
    },
    onResponseEnd: () => void response.end(),
    onResponseError: () => {
      if (!response.headersSent) response.writeHead(502)
      response.end()
    },
  }
}

await serveWorker(async () => {
  const pool = new Pool(`http://127.0.0.1:${process.argv[2]}`)
  const server = http.createServer((request, response) => {
    const { url: path = '/', method = 'GET' } = request
    const body = method === 'GET' || method === 'HEAD' ? null : request
    const options = { path, method, headers: passedHeaders(request), body }
    pool.dispatch(options, answerWith(response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port }
})
