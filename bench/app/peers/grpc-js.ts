// @grpc/grpc-js with @grpc/proto-loader; one channel from each service to each that it uses.
import { join } from 'node:path'

import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'

import { type Answer, answersOf, callsTo } from '../glue.ts'
import type { AppPeer, Ports } from '../hand-written.ts'
import { type Calls, exposed, type ServiceName, uses } from '../operations.ts'

type Method = (input: unknown, done: (error: Error | null, output: unknown) => void) => void
type ServiceClient = new (
  address: string,
  credentials: grpc.ChannelCredentials,
) => { readonly [name: string]: Method | undefined }

function loadServices(): Readonly<Record<string, ServiceClient & { readonly service: grpc.ServiceDefinition }>> {
  // `defaults`: proto3 does not send zeros and empty texts, and the reader must see them.
  const definition = loader.loadSync(join(import.meta.dirname, '../shop.proto'), { defaults: true })
  // What the loader makes of that file.
  const { shop } = grpc.loadPackageDefinition(definition) as unknown as {
    readonly shop: Readonly<Record<string, ServiceClient & { readonly service: grpc.ServiceDefinition }>>
  }
  return shop
}

function serviceOf(name: ServiceName) {
  const service = loadServices()[name.charAt(0).toUpperCase() + name.slice(1)]
  if (service === undefined) throw new TypeError(`shop.proto has no service for ${name}.`)
  return service
}

function connect(services: readonly ServiceName[], ports: Ports): Calls {
  const credentials = grpc.credentials.createInsecure()
  const clients = new Map(
    services.map((name) => [name, new (serviceOf(name))(`127.0.0.1:${ports[name]}`, credentials)]),
  )
  return callsTo(services, ({ service, name }) => {
    const client = clients.get(service)
    const method = client?.[name]
    if (method === undefined) throw new TypeError(`shop.proto has no ${service}.${name}.`)
    return (input) =>
      new Promise((resolve, reject) =>
        method.call(client, input, (error, output) => (error === null ? resolve(output) : reject(error))),
      )
  })
}

function handlerOf(answer: Answer): grpc.handleUnaryCall<unknown, unknown> {
  return ({ request }, respond) =>
    void answer(request).then(
      (output) => respond(null, output),
      (error: unknown) => respond({ code: grpc.status.INTERNAL, message: String(error) }),
    )
}

export const peer: AppPeer = {
  async serve(service, handlers, ports) {
    const answers = answersOf(service, handlers, connect(uses[service], ports))
    const server = new grpc.Server()
    const implementation = Object.fromEntries(answers.map(({ name, answer }) => [name, handlerOf(answer)]))
    server.addService(serviceOf(service).service, implementation)
    await new Promise<void>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${ports[service]}`, grpc.ServerCredentials.createInsecure(), (error) =>
        error === null ? resolve() : reject(error),
      ),
    )
  },
  edge: async (ports) => (await import('./edge.ts')).startEdge(connect(exposed, ports)),
}
