// @connectrpc/connect-node over HTTP/2: the gRPC protocol and the Connect protocol.
import { once } from 'node:events'
import http2 from 'node:http2'
import type { AddressInfo } from 'node:net'

import { createClient, type Transport } from '@connectrpc/connect'
import { connectNodeAdapter, createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node'

import { changesOf, documentOf, getProduct, type RpcClient, type RpcPeer } from '../workload.ts'
import { Catalog } from './catalog-pb.ts'

async function serve(): Promise<{ readonly port: number }> {
  const adapter = connectNodeAdapter({
    routes: (router) =>
      void router.service(Catalog, {
        get: (query) => getProduct(query),
        document: ({ bytes }) => ({ text: documentOf(bytes) }),
        async *changes({ count }) {
          yield* changesOf(count)
        },
      }),
  })
  const server = http2.createServer(adapter)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port }
}

function client(transport: Transport): RpcClient {
  const catalog = createClient(Catalog, transport)
  return {
    get: (query) => catalog.get(query) as Promise<never>,
    document: async (bytes) => (await catalog.document({ bytes })).text,
    async changes(count, onChange) {
      for await (const change of catalog.changes({ count })) onChange(change)
    },
  }
}

interface Address {
  readonly port: number
}

export const peers: Readonly<Record<string, RpcPeer>> = {
  'connect-grpc': {
    serve,
    connect: ({ port }: Address) =>
      Promise.resolve(client(createGrpcTransport({ baseUrl: `http://127.0.0.1:${port}` }))),
  },
  'connect-connect': {
    serve,
    connect: ({ port }: Address) =>
      Promise.resolve(client(createConnectTransport({ baseUrl: `http://127.0.0.1:${port}`, httpVersion: '2' }))),
  },
}
