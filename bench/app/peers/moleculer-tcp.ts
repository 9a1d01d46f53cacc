// Moleculer nodes over its TCP transporter, JSON.
import { type Context, ServiceBroker } from 'moleculer'

import { freePort } from '../../harness/free-port.ts'
import { answersOf, callsTo } from '../glue.ts'
import type { AppPeer, Ports } from '../hand-written.ts'
import { type Calls, exposed, serviceNames, type ServiceName, uses } from '../operations.ts'

function createBroker(nodeID: string, port: number, ports: Ports): ServiceBroker {
  const urls = serviceNames.map((name) => `127.0.0.1:${ports[name]}/${name}`).join(',')
  const tcp = { udpDiscovery: false, port, urls, useHostname: false, gossipPeriod: 1 }
  return new ServiceBroker({ logger: false, nodeID, transporter: { type: 'TCP', options: tcp } })
}

function connect(broker: ServiceBroker, services: readonly ServiceName[]): Calls {
  return callsTo(
    services,
    ({ service, name }) =>
      (input) =>
        broker.call(`${service}.${name}`, input as object),
  )
}

export const peer: AppPeer = {
  async serve(service, handlers, ports) {
    const broker = createBroker(service, ports[service], ports)
    const answers = answersOf(service, handlers, connect(broker, uses[service]))
    const actions = answers.map(({ name, answer }) => [name, ({ params }: Context) => answer(params)])
    broker.createService({ name: service, actions: Object.fromEntries(actions) })
    await broker.start()
  },
  async edge(ports) {
    const broker = createBroker('edge', await freePort(), ports)
    await broker.start()
    await broker.waitForServices([...serviceNames], 20_000)
    const { startEdge } = await import('./edge.ts')
    return startEdge(connect(broker, exposed))
  },
}
