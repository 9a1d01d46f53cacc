import { systemPlatform } from '@holon/contract/system-platform'
import { type Bus, type BusMessage, type BusSubscription, storedDespite } from '@holon/events'
import { natsBus } from '@holon/events/nats-bus'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { expect, it } from 'vitest'

import { describeWith } from '../support/describe-with.ts'
import { type PrivateServer, startServer } from '../support/servers/start-server.ts'
import { acknowledging, publishUntilTaken, useBus } from './bus-bench.ts'
import { testBus } from './bus.ts'

const partitions = 4
const timeoutMs = 15_000

describeWith('nats', 'NATS JetStream', () => {
  testBus(
    'nats',
    async () => {
      const server = await startServer('nats')
      return {
        choice: { kind: 'nats', url: server.url },
        connect: () => Promise.resolve(natsBus({ platform: systemPlatform(), url: server.url, partitions })),
        restart: async (how) => {
          await server[how]()
          await server.start()
        },
        deleteTopic: async (topic) => void (await deleteStream(server.url, streamOf(topic))),
        close: async () => server[Symbol.asyncDispose](),
      }
    },
    { timeoutMs, deletesTopics: true, takesAtMost: 8_000_000 },
  )
})

describeWith('nats', 'NATS JetStream that was away', () => {
  let server: PrivateServer | undefined
  const url = (): string => server?.url ?? ''
  const bench = useBus(
    async () => {
      const started = (server = await startServer('nats'))
      return {
        connect: () => Promise.resolve(natsBus({ platform: systemPlatform(), url: url(), partitions })),
        close: async () => started[Symbol.asyncDispose](),
      }
    },
    { timeoutMs },
  )

  it('a member that comes back after others came does not keep partitions that are theirs now', async () => {
    const publisher = await bench.fresh()
    const receiver = acknowledging()
    const slow = member({ url: url(), number: 200, reconnectAfterMs: 2000 })
    const quick = member({ url: url(), number: 1, reconnectAfterMs: 100 })
    try {
      await bench.join(slow, receiver)
      await publisher.publish([bench.message('a')])
      await bench.until(() => receiver.ids.length, 1)
      await server?.kill()
      await server?.start()
      await bench.join(quick, receiver)
      const messages = Array.from({ length: 16 }, (_, n) => bench.message(`k${n}`))
      for (const message of messages) await publishUntilTaken(publisher, [message])
      const ids = new Set(messages.map(({ id }) => id))
      await bench.until(() => new Set(receiver.ids.filter((id) => ids.has(id))), ids)
    } finally {
      await Promise.all([slow.close(), quick.close()])
    }
  })
})

describeWith('nats', 'NATS, which does not tell every reader that its stream was deleted', () => {
  const bench = useBus(
    async () => {
      const server = await startServer('nats')
      const operator = await connect({ servers: server.url })
      const { streams } = await jetstreamManager(operator)
      return {
        connect: () => Promise.resolve(natsBus({ platform: systemPlatform(), url: server.url, partitions })),
        // At once: it is consumers that have just begun which are not told.
        deleteTopic: async (topic) => void (await streams.delete(streamOf(topic))),
        close: async () => {
          await operator.close()
          await server[Symbol.asyncDispose]()
        },
      }
    },
    { timeoutMs },
  )

  it.each([
    ['one member', 1],
    ['four members', 4],
  ])('what is published to the new one is delivered within seconds: %s', async (_name, members) => {
    const publisher = await bench.fresh()
    const receiver = acknowledging()
    for (let member = 0; member < members; member += 1) await bench.join(await bench.connect(), receiver)
    for (let round = 0; round < 5; round += 1) {
      const messages = Array.from({ length: 20 }, (_, n) => bench.message(`k${n}`))
      await publishUntilTaken(publisher, messages)
      await bench.until(() => messages.filter(({ id }) => !receiver.ids.includes(id)).length, 0)
      await bench.bus.deleteTopic?.(bench.topic)
    }
  })
})

describeWith(
  'nats',
  'NATS, which removes the files of a stream that is made while one of its name is being deleted',
  () => {
    const topic = 'depot.moved'
    let server: PrivateServer | undefined
    let nowMs = 0
    const url = (): string => server?.url ?? ''
    const bench = useBus(
      async () => {
        const started = (server = await startServer('nats'))
        const platform = { ...systemPlatform(), monotonicMs: () => nowMs }
        return {
          connect: () => Promise.resolve(natsBus({ platform, url: url(), partitions: 1 })),
          close: async () => started[Symbol.asyncDispose](),
        }
      },
      { timeoutMs },
    )
    const streams = async (): Promise<readonly string[]> =>
      asOperator(url(), async (manager) => {
        const names: string[] = []
        for await (const name of manager.streams.names()) names.push(name)
        return names
      })
    const publish = (bus: Bus, id: string): Promise<void> =>
      bus.publish([{ id, topic, key: 'k', attributes: {}, body: '1', timeMs: 0 }])

    it('is not asked for a new one before it can be done with the old one', async () => {
      const bus = await bench.connect()
      await publish(bus, '1')
      await deleteStream(url(), streamOf(topic))
      // The first finds nobody who takes it, the others that the stream is gone.
      for (const id of ['2', '3', '4']) await expect(publish(bus, id)).rejects.toMatchObject({ code: 'unavailable' })
      expect(await streams()).toEqual(['KV_holon-subscriptions'])
      nowMs += 1_000
      await publish(bus, '5')
      expect(await streams()).toContain(streamOf(topic))
    })

    it('a subscription to what was used before, and deleted since, finds it gone', async () => {
      const bus = await bench.connect()
      const join = (): Promise<BusSubscription> =>
        bus.subscribe({ subscription: 's', topics: [topic], start: 'new', window: 1 }, ({ ack }) => ack())
      await publish(bus, '1')
      await deleteStream(url(), streamOf(topic))
      await expect(join()).rejects.toMatchObject({ code: 'unavailable' })
      nowMs += 1_000
      await (await join()).close()
      expect(await streams()).toContain(streamOf(topic))
    })
  },
)

describeWith('nats', 'NATS, whose buckets keep a mark of each key that was there', () => {
  it('an ephemeral subscription that was left leaves none behind', async () => {
    await using server = await startServer('nats')
    const records = (): Promise<number> =>
      asOperator(server.url, async ({ streams }) => (await streams.info('KV_holon-subscriptions')).state.messages)
    const bus = natsBus({ platform: systemPlatform(), url: server.url, partitions })
    const options = { topics: ['depot.moved'], start: 'new', window: 1 } as const
    await bus.subscribe({ ...options, subscription: 'stays' }, ({ ack }) => ack())
    const before = await records()
    for (const subscription of ['a', 'b', 'c'])
      await (await bus.subscribe({ ...options, subscription, ephemeral: true }, ({ ack }) => ack())).close()
    expect(await records()).toBe(before)
    await bus.close()
  })
})

const streamOf = (topic: string): string => `holon-${topic.replace('.', '_')}`

const deleteStream = (url: string, stream: string): Promise<unknown> =>
  asOperator(url, ({ streams }) => streams.delete(stream))

async function asOperator<T>(url: string, act: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: url })
  try {
    return await act(await jetstreamManager(connection))
  } finally {
    await connection.close()
  }
}

describeWith('nats', 'NATS that takes less than an event may have', () => {
  it('says so when it is connected to, and what to do', async () => {
    await using server = await startServer('nats')
    const told: string[] = []
    const onError = (error: unknown): void => void told.push(String(error))
    const options = { platform: systemPlatform(), url: server.url, partitions: 1, onError }
    for (const maxEventBytes of [7_000_000, 9_000_000]) {
      const bus = natsBus({ ...options, maxEventBytes })
      const none: BusMessage = { id: '1', topic: 'a.b', key: 'k', attributes: {}, body: '1', timeMs: Date.now() }
      await bus.publish([none])
      await bus.close()
    }
    expect(told).toEqual([
      expect.stringMatching(/takes messages of 8000000 .*max_payload.* have 9048000.*maxEventBytes/),
    ])
  })
})

describeWith('nats', 'NATS, whose headers have names', () => {
  it('a message with an attribute that can be none is refused, and those that came with it are stored', async () => {
    await using server = await startServer('nats')
    const bus = natsBus({ platform: systemPlatform(), url: server.url, partitions: 1 })
    const messages = ['1', '2', '3'].map((id): BusMessage => {
      const attributes = id === '2' ? { 'no name': 'x' } : {}
      return { id, topic: 'a.b', key: 'k', attributes, body: '1', timeMs: Date.now() }
    })
    const failure: unknown = await bus.publish(messages).catch((error: unknown) => error)
    await bus.close()
    expect(failure).toMatchObject({ code: 'invalid_argument' })
    expect([...storedDespite(failure)]).toEqual(['1', '3'])
  })
})

/** Members take partitions in the order of their names, which come from the platform's random numbers. */
function member(options: { url: string; number: number; reconnectAfterMs: number }): Bus {
  const { url, number, reconnectAfterMs } = options
  const platform = { ...systemPlatform(), randomBytes: (length: number) => new Uint8Array(length).fill(number) }
  const connection = { reconnectTimeWait: reconnectAfterMs, reconnectJitter: 0 }
  return natsBus({ platform, url, partitions, connection })
}
