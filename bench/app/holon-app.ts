import { type AppDefinition, defineApp, defineService, type ServiceDefinition } from '@holon/app'
// The services as Holon's users write them, made from the shared operations and handlers.
import { command, type Contract, defineContract, type HttpRoute, query } from '@holon/contract'
import { expose } from '@holon/gateway/definition'

import { createHandlers } from './handlers.ts'
import { exposed, type Handlers, operationsOf, serviceNames, type ServiceName, uses } from './operations.ts'

function contractOf(service: ServiceName): Contract {
  const definitions = operationsOf(service).map(({ name, input, output, http }) => {
    const define = http !== undefined && !http.startsWith('GET') ? command : query
    const route = http as HttpRoute | undefined
    return [name, define({ input, output, auth: 'none', ...(route !== undefined && { http: route }) })] as const
  })
  return defineContract(service, { operations: Object.fromEntries(definitions) })
}

const contracts = Object.fromEntries(serviceNames.map((name) => [name, contractOf(name)])) as Readonly<
  Record<ServiceName, Contract>
>

function serviceOf(service: ServiceName, handlers: Handlers): ServiceDefinition {
  return defineService(contracts[service], {
    uses: Object.fromEntries(uses[service].map((name) => [name, contracts[name]])),
    // A handler takes its clients from the context, which has them under the same names.
    operations: handlers[service] as never,
  })
}

export function defineHolonShop(): AppDefinition {
  const handlers = createHandlers()
  return defineApp({
    name: 'bench-shop',
    services: Object.fromEntries(
      serviceNames.map((name) => [name, () => Promise.resolve({ default: serviceOf(name, handlers) })]),
    ),
    gateway: {
      expose: exposed.map((name) => {
        const offered = operationsOf(name).filter(({ http }) => http !== undefined)
        return expose(
          contracts[name],
          offered.map((operation) => operation.name),
        )
      }),
    },
  })
}
