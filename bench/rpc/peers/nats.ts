// NATS request/reply with the official client and JSON; one connection a side, nats-server between them.
import { connect as connectNats, type Msg } from '@nats-io/transport-node'

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
import { natsUrl } from './nats-address.ts'

async function serve(): Promise<null> {
  const connection = await connectNats({ servers: natsUrl })
  const answer = (subject: string, respond: (message: Msg) => void): void => {
    connection.subscribe(subject, { callback: (_error, message) => respond(message) })
  }
  answer('catalog.get', (message) => message.respond(JSON.stringify(getProduct(message.json<ProductQuery>()))))
  answer('catalog.document', (message) =>
    message.respond(JSON.stringify({ text: documentOf(message.json<{ bytes: number }>().bytes) })),
  )
  answer('catalog.changes', (message) => void sendChanges(message))
  await connection.flush()
  return null

  // Core NATS has no back-pressure: without a flush now and then the server takes a reader that is behind for a slow
  // consumer, and cuts it off.
  async function sendChanges(message: Msg): Promise<void> {
    let sent = 0
    for (const change of changesOf(message.json<{ count: number }>().count)) {
      message.respond(JSON.stringify(change))
      if (++sent % 2000 === 0) await connection.flush()
    }
  }
}

async function connect(): Promise<RpcClient> {
  const connection = await connectNats({ servers: natsUrl })
  const request = async <T>(subject: string, input: object): Promise<T> =>
    (await connection.request(subject, JSON.stringify(input), { timeout: 10_000 })).json<T>()
  return {
    get: (query) => request<Product>('catalog.get', query),
    document: async (bytes) => (await request<{ text: string }>('catalog.document', { bytes })).text,
    async changes(count, onChange) {
      const items = await connection.requestMany('catalog.changes', JSON.stringify({ count }), {
        strategy: 'count',
        maxMessages: count,
        maxWait: 120_000,
      })
      for await (const item of items) onChange(item.json<StockChange>())
    },
  }
}

export const peers: Readonly<Record<string, RpcPeer>> = { nats: { serve, connect } }
