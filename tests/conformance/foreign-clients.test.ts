import type { Bus, BusMessage } from '@holon/events'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { brokerNames } from '../support/broker-names.ts'
import { openBusOn } from '../support/brokers.ts'
import { describeWith } from '../support/describe-with.ts'
import { headerPrefix, openPlainClient, type PlainEvent } from '../support/plain-client.ts'
import { type PrivateServer, startServer } from '../support/servers/start-server.ts'

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
  expect(Date.now() - startedMs).toBeLessThan(25_000)
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

const foreign: PlainEvent = {
  attributes: { specversion: '1.0', id: 'foreign-1', source: '/legacy', type: topic, subject: 'customer-7' },
  key: 'customer-7',
  body: '{"text":"Salü"}',
}

for (const broker of brokerNames) {
  describeWith(broker, `foreign clients on ${broker}`, () => {
    let server: PrivateServer
    let bus: Bus
    let firstMs: number
    beforeAll(async () => {
      server = await startServer(broker)
      bus = await openBusOn(broker, { url: server.url, partitions: 2 })
    })
    afterAll(async () => {
      await bus.close()
      await server[Symbol.asyncDispose]()
    })

    test('publish and consume CloudEvents with the plain client', { timeout: 60_000 }, async () => {
      await using plain = await openPlainClient(broker, { url: server.url, prefix: 'holon', topic })
      firstMs = Date.now()
      expectForeign(await exchange(bus, () => plain.publish(foreign)))
      const { body, contentType, headers } = await plain.received('Grüße')
      expect([body, contentType]).toEqual([own.body, 'application/json'])
      // NATS takes ASCII only: its binding percent-encodes.
      expect(headers).toMatchObject(prefixed(headerPrefix[broker], broker === 'nats' ? encodeURI : undefined))
    })

    test(
      'publishing while the server is down is refused in time, and works again after',
      { timeout: 150_000 },
      async () => {
        await bus.publish([own])
        // See rabbitmq-bus.test.ts: queues younger than a few seconds do not survive SIGKILL.
        const ageMs = Date.now() - firstMs
        if (broker === 'rabbitmq') await new Promise((resolve) => setTimeout(resolve, 6_000 - ageMs))
        await refusesWithin(bus, server)
      },
    )
  })
}
