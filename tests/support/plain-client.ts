import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers as natsHeaders } from '@nats-io/transport-node'
import { Consumer, Producer } from '@platformatic/kafka'
import { Connection } from 'rabbitmq-client'

import type { BrokerName } from './broker-names.ts'

export interface PlainEvent {
  /** CloudEvents attributes by their plain names, without `datacontenttype`. */
  readonly attributes: Readonly<Record<string, string>>
  readonly key: string
  readonly body: string
}

export interface PlainMessage {
  /** As they are on the wire, with the protocol's prefix. */
  readonly headers: Readonly<Record<string, string>>
  readonly contentType: string | undefined
  readonly body: string
}

/** A program that knows the broker and CloudEvents, and nothing of Holon but the names in its documentation. */
export interface PlainClient extends AsyncDisposable {
  publish(event: PlainEvent): Promise<void>
  /** The first message whose body has this text, of those published since the client was opened. */
  received(text: string): Promise<PlainMessage>
}

export interface PlainClientOptions {
  readonly url: string
  /** Of Holon's names: by default the app's name. */
  readonly prefix: string
  readonly topic: string
}

/** Before the attributes' names in headers, by CloudEvents' protocol bindings. */
export const headerPrefix: Readonly<Record<BrokerName, string>> = {
  nats: 'ce-',
  rabbitmq: 'cloudEvents_',
  kafka: 'ce_',
}

export function openPlainClient(broker: BrokerName, options: PlainClientOptions): Promise<PlainClient> {
  return { nats: openNats, rabbitmq: openRabbit, kafka: openKafka }[broker](options)
}

const withinMs = 20_000

async function openNats({ url, prefix, topic }: PlainClientOptions): Promise<PlainClient> {
  const connection = await connect({ servers: url })
  const stream = `${prefix}-${topic.replaceAll('.', '_')}`
  return {
    publish: async ({ attributes, body }) => {
      const head = natsHeaders()
      for (const [name, value] of Object.entries(attributes)) head.set(`ce-${name}`, value)
      head.set('content-type', 'application/json')
      await jetstream(connection).publish(`${prefix}.events.${topic}.0`, body, { headers: head })
    },
    received: async (text) => {
      const manager = await jetstreamManager(connection)
      await manager.consumers.add(stream, { durable_name: 'plain', ack_policy: 'explicit' })
      const consumer = await jetstream(connection).consumers.get(stream, 'plain')
      for (;;) {
        const message = await consumer.next({ expires: withinMs })
        if (message === null) throw new Error(`No message with '${text}' came.`)
        const names = message.headers?.keys() ?? []
        const headers = Object.fromEntries(names.map((name) => [name, message.headers?.get(name) ?? '']))
        if (message.string().includes(text))
          return { headers, contentType: headers['content-type'], body: message.string() }
      }
    },
    [Symbol.asyncDispose]: () => connection.close(),
  }
}

async function openRabbit({ url, prefix, topic }: PlainClientOptions): Promise<PlainClient> {
  const connection = new Connection(url)
  const channel = await connection.acquire()
  await channel.confirmSelect()
  const exchange = `${prefix}.events`
  await channel.exchangeDeclare({ exchange, type: 'topic', durable: true })
  const { queue } = await channel.queueDeclare({ exclusive: true })
  await channel.queueBind({ queue, exchange, routingKey: `${topic}.*` })
  return {
    publish: async ({ attributes, body }) => {
      // The other prefix that the binding allows; Holon's own messages have an underscore.
      const headers = Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [`cloudEvents:${name}`, value]),
      )
      const envelope = { exchange, routingKey: `${topic}.0`, contentType: 'application/json', headers }
      await channel.basicPublish(envelope, Buffer.from(body))
    },
    received: async (text) => {
      const endMs = Date.now() + withinMs
      for (;;) {
        const message = await channel.basicGet({ queue, noAck: true })
        const body = message === undefined ? '' : String(message.body)
        if (message !== undefined && body.includes(text))
          return { headers: message.headers ?? {}, contentType: message.contentType, body }
        if (Date.now() > endMs) throw new Error(`No message with '${text}' came.`)
        if (message === undefined) await new Promise((resolve) => setTimeout(resolve, 50))
      }
    },
    [Symbol.asyncDispose]: async () => {
      await channel.close()
      await connection.close()
    },
  }
}

async function openKafka({ url, topic }: PlainClientOptions): Promise<PlainClient> {
  const client = { clientId: 'plain', bootstrapBrokers: [url] }
  const producer = new Producer(client)
  const consumer = new Consumer({ ...client, groupId: 'plain' })
  return {
    publish: async ({ attributes, key, body }) => {
      const said = Object.entries(attributes).map(([name, value]) => [`ce_${name}`, value] as const)
      const headers = new Map(
        [...said, ['content-type', 'application/json'] as const].map(([name, value]) => [
          Buffer.from(name),
          Buffer.from(value),
        ]),
      )
      await producer.send({
        messages: [{ topic, key: Buffer.from(key), value: Buffer.from(body), headers }],
        acks: -1,
      })
    },
    received: async (text) => {
      const stream = await consumer.consume({ topics: [topic], mode: 'earliest' })
      const late = setTimeout(() => stream.destroy(new Error(`No message with '${text}' came.`)), withinMs)
      try {
        for await (const { value, headers: raw } of stream) {
          const body = String(value)
          if (!body.includes(text)) continue
          const headers = Object.fromEntries([...raw].map(([name, header]) => [String(name), String(header)]))
          return { headers, contentType: headers['content-type'], body }
        }
        throw new Error(`No message with '${text}' came.`)
      } finally {
        clearTimeout(late)
      }
    },
    [Symbol.asyncDispose]: async () => {
      await consumer.close(true)
      await producer.close()
    },
  }
}
