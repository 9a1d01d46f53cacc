// Moleculer: two nodes over its TCP transporter and over NATS; JSON, its default; its validator checks the input.
import { once } from 'node:events'
import { Readable } from 'node:stream'

import { type BrokerOptions, type Context, ServiceBroker } from 'moleculer'

import { freePort } from '../../harness/free-port.ts'
import { changesOf, documentOf, getProduct, type ProductQuery, type RpcClient, type RpcPeer } from '../workload.ts'
import { natsUrl } from './nats-address.ts'

const catalog = {
  name: 'catalog',
  actions: {
    get: {
      params: { id: 'string', currency: 'string' },
      handler: ({ params }: Context<ProductQuery>) => getProduct(params),
    },
    document: {
      params: { bytes: 'number' },
      handler: ({ params }: Context<{ bytes: number }>) => ({ text: documentOf(params.bytes) }),
    },
    changes: {
      params: { count: 'number' },
      handler: ({ params }: Context<{ count: number }>) => Readable.from(changesOf(params.count)),
    },
  },
}

interface Address {
  readonly ports: readonly [number, number]
}

function createBroker(kind: 'tcp' | 'nats', nodeID: 'server' | 'client', { ports }: Address): ServiceBroker {
  const urls = `127.0.0.1:${ports[0]}/server,127.0.0.1:${ports[1]}/client`
  const port = nodeID === 'server' ? ports[0] : ports[1]
  // Its default of 1 MiB loses a packet with an answer of 1 MB without a word.
  const maxPacketSize = 4 * 1024 * 1024
  const tcp = { udpDiscovery: false, port, urls, useHostname: false, gossipPeriod: 1, maxPacketSize }
  // Its types do not know connection strings, which its documentation begins with.
  const nats = `nats://${natsUrl}` as 'NATS'
  const options: BrokerOptions = {
    logger: false,
    nodeID,
    transporter: kind === 'tcp' ? { type: 'TCP', options: tcp } : nats,
  }
  return new ServiceBroker(options)
}

async function serve(kind: 'tcp' | 'nats'): Promise<Address> {
  const address: Address = { ports: [await freePort(), await freePort()] }
  const broker = createBroker(kind, 'server', address)
  broker.createService(catalog)
  await broker.start()
  return address
}

async function connect(kind: 'tcp' | 'nats', address: Address): Promise<RpcClient> {
  const broker = createBroker(kind, 'client', address)
  await broker.start()
  await broker.waitForServices('catalog', 20_000)
  return {
    get: (query) => broker.call('catalog.get', query),
    document: async (bytes) =>
      (await broker.call<{ text: string }, { bytes: number }>('catalog.document', { bytes })).text,
    async changes(count, onChange) {
      const items = await broker.call<Readable, { count: number }>('catalog.changes', { count })
      items.on('data', onChange)
      await once(items, 'end')
    },
  }
}

/** Calls within one process. */
async function connectLocally(checked: boolean): Promise<RpcClient> {
  const broker = new ServiceBroker({ logger: false, nodeID: 'one' })
  const { params, handler } = catalog.actions.get
  broker.createService({ name: 'catalog', actions: { get: checked ? { params, handler } : { handler } } })
  await broker.start()
  return { get: (query) => broker.call('catalog.get', query) }
}

const nothing = (): Promise<null> => Promise.resolve(null)

export const peers: Readonly<Record<string, RpcPeer>> = {
  'moleculer-tcp': { serve: () => serve('tcp'), connect: (address: Address) => connect('tcp', address) },
  local: { serve: nothing, connect: () => connectLocally(false) },
  'local-checked': { serve: nothing, connect: () => connectLocally(true) },
  'moleculer-nats': { serve: () => serve('nats'), connect: (address: Address) => connect('nats', address) },
}
