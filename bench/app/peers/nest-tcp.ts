// NestJS microservices over its TCP transport. Decorators are called by hand, which is what they compile to.
import 'reflect-metadata'
import { Controller, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ClientProxyFactory, MessagePattern, type TcpClientOptions, Transport } from '@nestjs/microservices'
import { firstValueFrom } from 'rxjs'

import { type AnsweredOperation, answersOf, callsTo } from '../glue.ts'
import type { AppPeer, Ports } from '../hand-written.ts'
import { type Calls, exposed, type ServiceName, uses } from '../operations.ts'

function tcp(port: number): TcpClientOptions {
  return { transport: Transport.TCP, options: { host: '127.0.0.1', port } }
}

function connect(services: readonly ServiceName[], ports: Ports): Calls {
  const clients = new Map(services.map((name) => [name, ClientProxyFactory.create(tcp(ports[name]))]))
  return callsTo(services, ({ service, name }) => {
    const client = clients.get(service)
    if (client === undefined) throw new TypeError(`There is no client for ${service}.`)
    return (input) => firstValueFrom(client.send<unknown>(`${service}.${name}`, input))
  })
}

function createModule(answers: readonly AnsweredOperation[]): new () => object {
  class ServiceController {}
  for (const { service, name, answer } of answers) {
    const descriptor = { value: (input: unknown) => answer(input), writable: true, configurable: true }
    Object.defineProperty(ServiceController.prototype, name, descriptor)
    MessagePattern(`${service}.${name}`)(ServiceController.prototype, name, descriptor)
  }
  Controller()(ServiceController)
  class ServiceModule {}
  Module({ controllers: [ServiceController] })(ServiceModule)
  return ServiceModule
}

export const peer: AppPeer = {
  async serve(service, handlers, ports) {
    const module = createModule(answersOf(service, handlers, connect(uses[service], ports)))
    const app = await NestFactory.createMicroservice(module, { ...tcp(ports[service]), logger: false })
    await app.listen()
  },
  edge: async (ports) => (await import('./edge.ts')).startEdge(connect(exposed, ports)),
}
