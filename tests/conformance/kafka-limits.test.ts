import { systemPlatform } from '@holon/contract/system-platform'
import { storedDespite } from '@holon/events'
import { kafkaBus } from '@holon/events/kafka-bus'
import { Admin, ConfigResourceTypes, IncrementalAlterConfigOperationTypes } from '@platformatic/kafka'
import { expect, it } from 'vitest'

import { describeWith } from '../support/describe-with.ts'
import { type PrivateServer, startServer } from '../support/servers/start-server.ts'
import { acknowledging, publishUntilTaken, useBus } from './bus-bench.ts'

const timeoutMs = 15_000

describeWith('kafka', 'Kafka with limits of its own', () => {
  const told: string[] = []
  let url = ''
  let kafka: PrivateServer | undefined
  const connect = (maxEventBytes?: number, timeoutMs?: number) =>
    kafkaBus({
      platform: systemPlatform(),
      brokers: [url],
      partitions: 4,
      ...(maxEventBytes !== undefined && { maxEventBytes }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      onError: (error) => void told.push(String(error)),
    })
  const bench = useBus(
    async () => {
      const server = (kafka = await startServer('kafka'))
      ;({ url } = server)
      return { connect: () => Promise.resolve(connect()), close: async () => server[Symbol.asyncDispose]() }
    },
    { timeoutMs },
  )

  it('what is stored although other topics of the same request are not there is stored once', async () => {
    const one = await bench.fresh()
    const receiver = acknowledging()
    await bench.join(one, receiver)
    const messages = Array.from({ length: 8 }, (_, n) => bench.message(`k${n % 4}`))
    const elsewhere = { ...bench.message('k1'), topic: `${bench.topic}else` }
    await one.publish([elsewhere, bench.message('k0')])
    await deleteTopic(url, elsewhere.topic)
    const failure: unknown = await one.publish([elsewhere, ...messages]).catch((error: unknown) => error)
    expect(storedDespite(failure)).toEqual(new Set(messages.map(({ id }) => id)))
    await one.publish([elsewhere, bench.message('k0')])
    await bench.until(() => receiver.ids.length, 1 + messages.length + 1)
    await bench.quiet()
    expect(receiver.ids.length).toBe(1 + messages.length + 1)
  })

  it('while the server is silent publishing rejects in time, and goes on afterwards', async () => {
    const one = await bench.fresh()
    const receiver = acknowledging()
    await bench.join(one, receiver)
    const publisher = connect(undefined, 1_000)
    try {
      await publisher.publish([bench.message('k')])
      await kafka?.silentDuring(async () => {
        const startedMs = performance.now()
        await expect(publisher.publish([bench.message('k')])).rejects.toMatchObject({ code: 'unavailable' })
        expect(performance.now() - startedMs).toBeLessThan(10_000)
      })
      const last = bench.message('k')
      await publishUntilTaken(publisher, [last])
      await bench.until(() => receiver.ids.at(-1), last.id)
    } finally {
      await publisher.close()
    }
  })

  it('a topic that takes less than it did gets smaller batches, and each message once', async () => {
    const one = await bench.fresh()
    const receiver = acknowledging()
    await bench.join(one, receiver)
    await one.publish([bench.message('k0')])
    await limitTopic(url, bench.topic, 50_000)
    const body = JSON.stringify('x'.repeat(4_900))
    const messages = Array.from({ length: 120 }, (_, n) => ({ ...bench.message(n < 60 ? 'k0' : `k${n % 7}`), body }))
    const large = { ...bench.message('k0'), body: JSON.stringify('x'.repeat(60_000)) }
    const failure: unknown = await one.publish([...messages, large]).catch((error: unknown) => error)
    expect(failure).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(`Kafka refuses ${bench.topic} ${large.id} .60\\d+ bytes.: `) as unknown,
    })
    expect(storedDespite(failure).size).toBe(messages.length)
    await bench.until(() => receiver.ids.length, 121)
    for (const key of ['k0', 'k1', 'k6'])
      expect(receiver.ofKey(key).slice(key === 'k0' ? 1 : 0)).toEqual(
        messages.filter((message) => message.key === key).map(({ id }) => id),
      )
    await bench.quiet()
    expect(receiver.ids.length).toBe(121)
    const again = connect()
    await again.publish(messages.slice(0, 1))
    await again.close()
    expect(told).toEqual([expect.stringMatching(`${bench.topic} takes 50000 bytes at most .*may have 1048000.*lower`)])
  })

  it('events larger than a broker takes by default can be allowed, and topics are made for them', async () => {
    await bench.fresh()
    const one = connect(3_000_000)
    const receiver = acknowledging()
    try {
      await bench.join(one, receiver)
      const body = JSON.stringify('x'.repeat(2_900_000))
      const messages = Array.from({ length: 8 }, () => ({ ...bench.message('k'), body }))
      await one.publish(messages)
      await bench.until(
        () => receiver.ids,
        messages.map(({ id }) => id),
      )
    } finally {
      await one.close()
    }
  })
})

async function deleteTopic(url: string, topic: string): Promise<void> {
  const admin = new Admin({ clientId: 'operator', bootstrapBrokers: [url] })
  try {
    await admin.deleteTopics({ topics: [topic] })
  } finally {
    await admin.close()
  }
}

async function limitTopic(url: string, topic: string, bytes: number): Promise<void> {
  const admin = new Admin({ clientId: 'test', bootstrapBrokers: [url] })
  const configOperation = IncrementalAlterConfigOperationTypes.SET
  const configs = [{ name: 'max.message.bytes', value: String(bytes), configOperation }]
  try {
    await admin.incrementalAlterConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configs }],
      validateOnly: false,
    })
  } finally {
    await admin.close()
  }
}
