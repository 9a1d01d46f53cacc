// tRPC 11 with Zod on the input: over HTTP, calls of one turn batched; and over a WebSocket.
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

import { createTRPCClient, createWSClient, httpBatchLink, type TRPCLink, wsLink } from '@trpc/client'
import { initTRPC } from '@trpc/server'
import { z } from 'zod'

import { changesOf, documentOf, getProduct, type RpcClient, type RpcPeer } from '../workload.ts'

function createRouter() {
  const t = initTRPC.create()
  return t.router({
    get: t.procedure.input(z.object({ id: z.string(), currency: z.string() })).query(({ input }) => getProduct(input)),
    document: t.procedure.input(z.object({ bytes: z.int() })).query(({ input }) => ({ text: documentOf(input.bytes) })),
    changes: t.procedure.input(z.object({ count: z.int() })).subscription(async function* ({ input }) {
      yield* changesOf(input.count)
    }),
  })
}

type Router = ReturnType<typeof createRouter>

interface Address {
  readonly port: number
}

async function serveHttp(): Promise<Address> {
  const { createHTTPServer } = await import('@trpc/server/adapters/standalone')
  const server = createHTTPServer({ router: createRouter() })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port }
}

async function serveWs(): Promise<Address> {
  const { applyWSSHandler } = await import('@trpc/server/adapters/ws')
  const { WebSocketServer } = await import('ws')
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  applyWSSHandler({ wss: server, router: createRouter() })
  return { port: (server.address() as AddressInfo).port }
}

function client(link: TRPCLink<Router>, streams: boolean): RpcClient {
  const trpc = createTRPCClient<Router>({ links: [link] })
  const calls: RpcClient = {
    get: (query) => trpc.get.query(query),
    document: async (bytes) => (await trpc.document.query({ bytes })).text,
  }
  if (!streams) return calls
  return {
    ...calls,
    changes: (count, onChange) =>
      new Promise((resolve, reject) =>
        trpc.changes.subscribe({ count }, { onData: onChange, onComplete: resolve, onError: reject }),
      ),
  }
}

export const peers: Readonly<Record<string, RpcPeer>> = {
  'trpc-http': {
    serve: serveHttp,
    connect: ({ port }: Address) =>
      Promise.resolve(client(httpBatchLink({ url: `http://127.0.0.1:${port}`, maxURLLength: 8000 }), false)),
  },
  'trpc-ws': {
    serve: serveWs,
    connect: ({ port }: Address) =>
      Promise.resolve(client(wsLink({ client: createWSClient({ url: `ws://127.0.0.1:${port}` }) }), true)),
  },
}
