// NestJS microservices over its TCP and gRPC transports. Decorators are called by hand, which is what they compile to.
import 'reflect-metadata'
import { Controller, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import {
  type ClientGrpc,
  ClientProxyFactory,
  type GrpcOptions,
  GrpcMethod,
  MessagePattern,
  type TcpClientOptions,
  Transport,
} from '@nestjs/microservices'
import { firstValueFrom, from, type Observable } from 'rxjs'

import { freePort } from '../../harness/free-port.ts'
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
import { protoFile } from './grpc.ts'

type Method = 'get' | 'document' | 'changes'

class CatalogController {
  get(query: ProductQuery): Product {
    return getProduct(query)
  }

  document({ bytes }: { readonly bytes: number }): { text: string } {
    return { text: documentOf(bytes) }
  }

  changes({ count }: { readonly count: number }): Observable<StockChange> {
    return from(changesOf(count))
  }
}

function createModule(decorate: (method: Method) => MethodDecorator): new () => object {
  for (const method of ['get', 'document', 'changes'] as const) {
    const { prototype } = CatalogController
    const descriptor = Object.getOwnPropertyDescriptor(prototype, method)
    if (descriptor) decorate(method)(prototype, method, descriptor)
  }
  Controller()(CatalogController)
  class CatalogModule {}
  Module({ controllers: [CatalogController] })(CatalogModule)
  return CatalogModule
}

interface Address {
  readonly port: number
}

function tcp({ port }: Address): TcpClientOptions {
  return { transport: Transport.TCP, options: { host: '127.0.0.1', port } }
}

function grpc({ port }: Address): GrpcOptions {
  return { transport: Transport.GRPC, options: { url: `127.0.0.1:${port}`, package: 'shop', protoPath: protoFile } }
}

async function serveTcp(): Promise<Address> {
  const address = { port: await freePort() }
  const module = createModule((method) => MessagePattern(`catalog.${method}`))
  const app = await NestFactory.createMicroservice(module, { ...tcp(address), logger: false })
  await app.listen()
  return address
}

async function serveGrpc(): Promise<Address> {
  const address = { port: await freePort() }
  const module = createModule((method) => GrpcMethod('Catalog', method.charAt(0).toUpperCase() + method.slice(1)))
  const app = await NestFactory.createMicroservice(module, { ...grpc(address), logger: false })
  await app.listen()
  return address
}

function drain(items: Observable<StockChange>, onChange: (change: StockChange) => void): Promise<void> {
  return new Promise((resolve, reject) => items.subscribe({ next: onChange, complete: resolve, error: reject }))
}

async function connectTcp(address: Address): Promise<RpcClient> {
  const client = ClientProxyFactory.create(tcp(address))
  await client.connect()
  return {
    get: (query) => firstValueFrom(client.send<Product>('catalog.get', query)),
    document: async (bytes) =>
      (await firstValueFrom(client.send<{ text: string }>('catalog.document', { bytes }))).text,
    changes: (count, onChange) => drain(client.send<StockChange>('catalog.changes', { count }), onChange),
  }
}

interface GrpcCatalog {
  get(query: ProductQuery): Observable<Product>
  document(query: { readonly bytes: number }): Observable<{ text: string }>
  changes(query: { readonly count: number }): Observable<StockChange>
}

function connectGrpc(address: Address): Promise<RpcClient> {
  // The factory's type does not know which transport it is asked for.
  const client = (ClientProxyFactory.create(grpc(address)) as unknown as ClientGrpc).getService<GrpcCatalog>('Catalog')
  return Promise.resolve({
    get: (query) => firstValueFrom(client.get(query)),
    document: async (bytes) => (await firstValueFrom(client.document({ bytes }))).text,
    changes: (count, onChange) => drain(client.changes({ count }), onChange),
  })
}

export const peers: Readonly<Record<string, RpcPeer>> = {
  'nest-tcp': { serve: serveTcp, connect: connectTcp },
  'nest-grpc': { serve: serveGrpc, connect: connectGrpc },
}
