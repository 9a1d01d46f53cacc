// @grpc/grpc-js with @grpc/proto-loader; one channel, which is one HTTP/2 connection.
import { once } from 'node:events'
import { join } from 'node:path'

import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'

import {
  changesOf,
  documentOf,
  getProduct,
  type Product,
  type ProductQuery,
  type RpcClient,
  type RpcPeer,
  type StockChange,
} from '../workload.ts'

export const protoFile: string = join(import.meta.dirname, '../catalog.proto')

interface Calls {
  get(query: ProductQuery, done: (error: Error | null, product: Product) => void): void
  document(query: { readonly bytes: number }, done: (error: Error | null, document: { text: string }) => void): void
  changes(query: { readonly count: number }): NodeJS.ReadableStream
}

type CatalogClient = new (address: string, credentials: grpc.ChannelCredentials) => Calls

function loadCatalog(): CatalogClient & { readonly service: grpc.ServiceDefinition } {
  // What the loader makes of the file beside this one.
  const { shop } = grpc.loadPackageDefinition(loader.loadSync(protoFile)) as unknown as {
    readonly shop: { readonly Catalog: CatalogClient & { readonly service: grpc.ServiceDefinition } }
  }
  return shop.Catalog
}

async function sendChanges(call: grpc.ServerWritableStream<{ readonly count: number }, StockChange>): Promise<void> {
  for (const change of changesOf(call.request.count)) if (!call.write(change)) await once(call, 'drain')
  call.end()
}

const handlers: grpc.UntypedServiceImplementation = {
  get: (({ request }, answer) => {
    try {
      answer(null, getProduct(request))
    } catch (error) {
      answer({ code: grpc.status.NOT_FOUND, message: String(error) })
    }
  }) satisfies grpc.handleUnaryCall<ProductQuery, Product>,
  document: (({ request }, answer) => answer(null, { text: documentOf(request.bytes) })) satisfies grpc.handleUnaryCall<
    { readonly bytes: number },
    { text: string }
  >,
  changes: ((call) => void sendChanges(call)) satisfies grpc.handleServerStreamingCall<
    { readonly count: number },
    StockChange
  >,
}

function serve(): Promise<{ readonly port: number }> {
  const server = new grpc.Server()
  server.addService(loadCatalog().service, handlers)
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly port: number }>()
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
    error === null ? resolve({ port }) : reject(error),
  )
  return promise
}

function connect({ port }: { readonly port: number }): Promise<RpcClient> {
  const client = new (loadCatalog())(`127.0.0.1:${port}`, grpc.credentials.createInsecure())
  return Promise.resolve({
    get: (query) =>
      new Promise((resolve, reject) =>
        client.get(query, (error, product) => (error === null ? resolve(product) : reject(error))),
      ),
    document: (bytes) =>
      new Promise((resolve, reject) =>
        client.document({ bytes }, (error, document) => (error === null ? resolve(document.text) : reject(error))),
      ),
    changes: (count, onChange) =>
      new Promise((resolve, reject) => {
        const call = client.changes({ count })
        call.on('data', onChange)
        call.on('end', resolve)
        call.on('error', reject)
      }),
  })
}

export const peers: Readonly<Record<string, RpcPeer>> = { 'grpc-js': { serve, connect } }
