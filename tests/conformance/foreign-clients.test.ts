import type { Bus, BusMessage } from '@holon/events'
import { kafkaBus } from '@holon/events/kafka'
import { natsBus } from '@holon/events/nats'
import { rabbitmqBus } from '@holon/events/rabbitmq'
import { systemPlatform } from '@holon/runtime'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect, headers } from '@nats-io/transport-node'
import { Consumer, Producer } from '@platformatic/kafka'
import { Connection } from 'rabbitmq-client'
import { expect, test } from 'vitest'

import { describeWith } from '../support/describe-with.ts'
import { type PrivateServer, startServer } from '../support/servers/start-server.ts'

const platform = systemPlatform()
const topic = 'orders.placed'
const dataschema = 'urn:holon:orders.placed:abc'
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'

const own: BusMessage = {
  id: 'own-1',
  topic,
  key: 'Größe 1',
  attributes: {
    ...{ specversion: '1.0', id: 'own-1', source: '/shop/orders', type: topic, subject: 'Größe 1' },
    ...{ time: '2026-01-02T03:04:05.678Z', datacontenttype: 'application/json', dataschema, traceparent },
  },
  body: '{"text":"Grüße","big":12345678901234567890}',
  timeMs: Date.now(),
}

/** What the attributes look like in a protocol's headers. */
const prefixed = (prefix: string, encode: (value: string) => string = (value) => value): Record<string, string> =>
  Object.fromEntries(
    Object.entries(own.attributes).flatMap(([name, value]) =>
      name === 'datacontenttype' ? [] : [[prefix + name, encode(value)]],
    ),
  )

/** Publishes with Holon's bus, then lets `foreign` publish, and gives what a subscription received. */
async function exchange(bus: Bus, foreign: () => Promise<void>): Promise<readonly BusMessage[]> {
  const received: BusMessage[] = []
  const both = Promise.withResolvers<void>()
  await bus.subscribe({ subscription: 'mails', topics: [topic], start: 'all', window: 10 }, (delivery) => {
    received.push(delivery.message)
    delivery.ack()
    if (received.length === 2) both.resolve()
  })
  await bus.publish([own])
  await foreign()
  await both.promise
  return received
}

function expectForeign(received: readonly BusMessage[]): void {
  const foreign = received.find(({ id }) => id === 'foreign-1')
  expect(foreign).toMatchObject({ topic, key: 'customer-7', body: '{"text":"Salü"}' })
  expect(foreign?.attributes).toMatchObject({ source: '/legacy', type: topic, datacontenttype: 'application/json' })
  expect(received.find(({ id }) => id === own.id)).toMatchObject({
    key: own.key,
    body: own.body,
    attributes: own.attributes,
  })
}

async function refusesWithin(bus: Bus, server: PrivateServer): Promise<void> {
  await bus.publish([own])
  await server.kill()
  const startedMs = Date.now()
  await expect(bus.publish([{ ...own, id: 'down' }])).rejects.toMatchObject({ code: 'unavailable' })
  expect(Date.now() - startedMs).toBeLessThan(11_000)
  await server.start()
  await expect
    .poll(
      () =>
        bus.publish([own]).then(
          () => 'stored',
          () => 'refused',
        ),
      { timeout: 30_000 },
    )
    .toBe('stored')
}

describeWith('nats', 'foreign clients on NATS', () => {
  test('publish and consume CloudEvents with the plain client', { timeout: 60_000 }, async () => {
    await using server = await startServer('nats')
    const bus = natsBus({ platform, url: server.url, partitions: 2 })
    const plain = await connect({ servers: server.url })
    const received = await exchange(bus, async () => {
      const head = headers()
      const said = { 'ce-specversion': '1.0', 'ce-id': 'foreign-1', 'ce-source': '/legacy', 'ce-type': topic }
      for (const [name, value] of Object.entries({ ...said, 'ce-subject': 'customer-7' })) head.set(name, value)
      head.set('content-type', 'application/json')
      await jetstream(plain).publish(`holon.events.${topic}.0`, '{"text":"Salü"}', { headers: head })
    })
    expectForeign(received)
    await (
      await jetstreamManager(plain)
    ).consumers.add('holon-orders_placed', { durable_name: 'plain', ack_policy: 'explicit' })
    const consumer = await jetstream(plain).consumers.get('holon-orders_placed', 'plain')
    const first = await consumer.next()
    expect(first?.string()).toBe(own.body)
    const found = Object.fromEntries(first?.headers?.keys().map((name) => [name, first.headers?.get(name)]) ?? [])
    expect(found).toMatchObject({
      ...prefixed('ce-', encodeURI),
      'content-type': 'application/json',
      'Nats-Msg-Id': own.id,
    })
    await plain.close()
    await bus.close()
  })

  test(
    'publishing while the server is down is refused in time, and works again after',
    { timeout: 60_000 },
    async () => {
      await using server = await startServer('nats')
      const bus = natsBus({ platform, url: server.url, partitions: 2 })
      await refusesWithin(bus, server)
      await bus.close()
    },
  )
})

describeWith('rabbitmq', 'foreign clients on RabbitMQ', () => {
  test('publish and consume CloudEvents with the plain client', { timeout: 60_000 }, async () => {
    await using server = await startServer('rabbitmq')
    const bus = rabbitmqBus({ platform, url: server.url, partitions: 2 })
    const plain = new Connection(server.url)
    const channel = await plain.acquire()
    await channel.exchangeDeclare({ exchange: 'holon.events', type: 'topic', durable: true })
    await channel.queueDeclare({ queue: 'plain', durable: true })
    await channel.queueBind({ queue: 'plain', exchange: 'holon.events', routingKey: `${topic}.*` })
    const received = await exchange(bus, async () => {
      const said = { 'cloudEvents:specversion': '1.0', 'cloudEvents:id': 'foreign-1', 'cloudEvents:source': '/legacy' }
      const head = { ...said, 'cloudEvents:type': topic, 'cloudEvents:subject': 'customer-7' }
      await channel.confirmSelect()
      const envelope = {
        exchange: 'holon.events',
        routingKey: `${topic}.0`,
        contentType: 'application/json',
        headers: head,
      }
      await channel.basicPublish(envelope, Buffer.from('{"text":"Salü"}'))
    })
    expectForeign(received)
    const first = await channel.basicGet({ queue: 'plain', noAck: true })
    expect(String(first?.body)).toBe(own.body)
    expect(first?.headers).toMatchObject(prefixed('cloudEvents_'))
    expect([first?.contentType, first?.messageId]).toEqual(['application/json', own.id])
    await channel.close()
    await plain.close()
    await bus.close()
  })

  test(
    'publishing while the server is down is refused in time, and works again after',
    { timeout: 60_000 },
    async () => {
      await using server = await startServer('rabbitmq')
      const bus = rabbitmqBus({ platform, url: server.url, partitions: 2 })
      await bus.publish([own])
      // See rabbitmq-bus.test.ts: queues younger than a few seconds do not survive SIGKILL.
      await new Promise((resolve) => setTimeout(resolve, 6000))
      await refusesWithin(bus, server)
      await bus.close()
    },
  )
})

describeWith('kafka', 'foreign clients on Kafka', () => {
  test('publish and consume CloudEvents with the plain client', { timeout: 60_000 }, async () => {
    await using server = await startServer('kafka')
    const bus = kafkaBus({ platform, brokers: [server.url], partitions: 2 })
    const plain = { clientId: 'plain', bootstrapBrokers: [server.url] }
    const received = await exchange(bus, async () => {
      const said = { ce_specversion: '1.0', ce_id: 'foreign-1', ce_source: '/legacy', ce_type: topic }
      const head = new Map(
        Object.entries({ ...said, 'content-type': 'application/json' }).map(([name, value]) => [
          Buffer.from(name),
          Buffer.from(value),
        ]),
      )
      const producer = new Producer(plain)
      const message = { topic, key: Buffer.from('customer-7'), value: Buffer.from('{"text":"Salü"}'), headers: head }
      await producer.send({ messages: [message], acks: -1 })
      await producer.close()
    })
    expectForeign(received)
    const consumer = new Consumer({ ...plain, groupId: 'plain' })
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' })
    for await (const { key, value, headers } of stream) {
      if (String(key) !== own.key) continue
      expect(String(value)).toBe(own.body)
      const found = Object.fromEntries([...headers].map(([name, text]) => [String(name), String(text)]))
      expect(found).toMatchObject({ ...prefixed('ce_'), 'content-type': 'application/json' })
      break
    }
    await consumer.close(true)
    await bus.close()
  })

  test(
    'publishing while the server is down is refused in time, and works again after',
    { timeout: 90_000 },
    async () => {
      await using server = await startServer('kafka')
      const bus = kafkaBus({ platform, brokers: [server.url], partitions: 2 })
      await refusesWithin(bus, server)
      await bus.close()
    },
  )
})
