import { setTimeout as sleep } from 'node:timers/promises'

import { systemPlatform } from '@holon/contract/system-platform'
import type { Bus } from '@holon/events'
import { rabbitmqBus } from '@holon/events/rabbitmq-bus'
import { Connection } from 'rabbitmq-client'
import { expect, it } from 'vitest'

import { describeWith } from '../support/describe-with.ts'
import { untilStreamsAreBack } from '../support/servers/rabbitmq-streams.ts'
import { type PrivateServer, startServer } from '../support/servers/start-server.ts'
import { acknowledging, publishUntilTaken, useBus } from './bus-bench.ts'
import { testBus } from './bus.ts'

const partitions = 4
const timeoutMs = 15_000
const notesQueue = {
  'x-queue-type': 'quorum',
  'x-single-active-consumer': true,
  'x-delivery-limit': 1_000_000_000,
} as const
/** Comes back at once: just started, RabbitMQ answers before it knows its streams. */
const connection = { retryLow: 10, retryHigh: 50 }
const connectTo = (url: string, more: { readonly maxChannels?: number } = {}): Bus =>
  rabbitmqBus({ platform: systemPlatform(), url, partitions, connection: { ...connection, ...more } })

describeWith('rabbitmq', 'RabbitMQ', () => {
  testBus(
    'rabbitmq',
    async () => {
      const server = await startServer('rabbitmq')
      let streamsAreBack = Promise.resolve()
      return {
        choice: { kind: 'rabbitmq', url: server.url },
        connect: () => Promise.resolve(connectTo(server.url)),
        restart: async (how) => {
          // RabbitMQ 3.10 notes the raft state of a new queue only after a while; killed before, it finds no leader
          // for the queue (https://github.com/rabbitmq/rabbitmq-server/issues/10070).
          if (how === 'kill') await sleep(6000)
          await streamsAreBack
          await server[how]()
          await server.start()
          // The bus must cope with a server that does not know its streams yet: nobody waits for them.
          streamsAreBack = untilStreamsAreBack(server)
        },
        deleteTopic: (topic) => deleteQueues(server.url, numbered(`holon.events.${topic}`)),
        close: async () => {
          await streamsAreBack
          await server[Symbol.asyncDispose]()
        },
      }
    },
    { timeoutMs, deletesTopics: true },
  )
})

describeWith('rabbitmq', 'RabbitMQ that loses queues', () => {
  let server: PrivateServer | undefined
  const url = (): string => server?.url ?? ''
  const bench = useBus(
    async () => {
      const started = (server = await startServer('rabbitmq'))
      return {
        connect: () => Promise.resolve(connectTo(url())),
        close: async () => started[Symbol.asyncDispose](),
      }
    },
    { timeoutMs: 90_000 },
  )

  it('a subscription goes on where it was, and does not pass over what came meanwhile', async () => {
    const { fresh, connect, join, message, until, drained } = bench
    const publisher = await fresh()
    const first = await connect()
    const before = acknowledging()
    const joined = await join(first, before)
    await publisher.publish(['a', 'b', 'c', 'd'].map((key) => message(key)))
    await until(() => before.ids.length, 4)
    await drained(joined)
    await first.close()
    const missed = ['a', 'b', 'c', 'd'].map((key) => message(key))
    await publisher.publish(missed)
    await deleteQueues(url(), numbered(`holon.notes.${bench.subscription}.${bench.topic}`))
    const after = acknowledging()
    await drained(await join(await connect(), after))
    const ids = new Set(missed.map(({ id }) => id))
    await until(() => new Set(after.ids.filter((id) => ids.has(id))), ids)
  })

  it('an ephemeral subscription that was left leaves no queue behind, and one whose process was killed only for a while', async () => {
    const { fresh, join } = bench
    const publisher = await fresh()
    const joined = await join(publisher, acknowledging(), { ephemeral: true })
    const queues = numbered(`holon.notes.${bench.subscription}.${bench.topic}`)
    const declared = { durable: true, arguments: { ...notesQueue, 'x-expires': 600_000 } } as const
    // RabbitMQ refuses this where a queue is there that was made otherwise.
    await asOperator(url(), async (operator) => {
      for (const queue of queues) await operator.queueDeclare({ queue, ...declared })
    })
    await joined.close()
    await asOperator(url(), async (operator) => {
      for (const queue of queues)
        await expect(operator.queueDeclare({ queue, passive: true })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })
  })

  it('an exchange that is deleted under a running app is made anew, and what is published then is delivered', async () => {
    const { fresh, connect, join, message, until } = bench
    const publisher = await fresh()
    const receiver = acknowledging()
    const joined = await join(await connect(), receiver)
    await publisher.publish([message('a')])
    await asOperator(url(), async (connection) => {
      await connection.exchangeDelete({ exchange: 'holon.events' })
      await connection.exchangeDelete({ exchange: 'holon.members' })
    })
    await publishUntilTaken(publisher, [message('a')])
    await until(() => receiver.ids.length, 2)
    // Members hear of each other, too.
    await until(() => joined.lag(), 0)
  })

  it('positions that are deleted under a running app are written anew', async () => {
    const { fresh, connect, join, message, until, drained } = bench
    const publisher = await fresh()
    const first = await connect()
    const before = acknowledging()
    await join(first, before)
    await deleteQueues(url(), ['holon.positions'])
    const second = await connect()
    const other = { subscription: `${bench.subscription}b` }
    await until(async () => join(second, acknowledging(), other).then(drained), undefined)
    await second.close()
    await deleteQueues(url(), numbered(`holon.notes.${other.subscription}.${bench.topic}`))
    const missed = message('a')
    await publisher.publish([missed])
    const after = acknowledging()
    await join(await connect(), after, other)
    await until(() => after.ids, [missed.id])
  })

  it('a message that a queue refuses is not stored, and is when it is published again', async () => {
    const { fresh, connect, join, message, until } = bench
    const publisher = await fresh()
    const receiver = acknowledging()
    await join(await connect(), receiver)
    const full = { queue: 'full', arguments: { 'x-max-length': 1, 'x-overflow': 'reject-publish' } } as const
    await asOperator(url(), async (connection) => {
      await connection.queueDeclare(full)
      await connection.queueBind({ queue: 'full', exchange: 'holon.events', routingKey: '#' })
    })
    const refused = [message('a'), message('a'), message('a')]
    await expect(publisher.publish(refused)).rejects.toThrow(/rejected/)
    await deleteQueues(url(), ['full'])
    await publisher.publish(refused)
    await until(
      () => [...new Set(receiver.ids)],
      refused.map(({ id }) => id),
    )
  })

  it('while the server is silent publishing rejects in time, and afterwards goes on in order', async () => {
    const { fresh, connect, join, message, until } = bench
    const publisher = await fresh()
    const receiver = acknowledging()
    await join(await connect(), receiver)
    const messages = Array.from({ length: 4 }, () => message('k'))
    const [first, ...rest] = messages
    if (first !== undefined) await publisher.publish([first])
    await server?.silentDuring(() => expect(publisher.publish(rest)).rejects.toThrow(/did not answer within/))
    for (const each of rest) await publishUntilTaken(publisher, [each])
    await until(
      () => [...new Set(receiver.ids)],
      messages.map(({ id }) => id),
    )
  })

  it('more subscriptions than one connection has channels for are all served', async () => {
    const { fresh, message, until } = bench
    await fresh()
    const bus = connectTo(url(), { maxChannels: 25 })
    try {
      const receivers = Array.from({ length: 8 }, () => acknowledging())
      for (const [number, receiver] of receivers.entries())
        await bench.join(bus, receiver, { subscription: `${bench.subscription}-${number}` })
      const messages = Array.from({ length: 8 }, (_, n) => message(`k${n}`))
      await bus.publish(messages)
      const ids = new Set(messages.map(({ id }) => id))
      for (const receiver of receivers) await until(() => new Set(receiver.ids), ids)
    } finally {
      await bus.close()
    }
  })

  // A queue is taken for dead only after 15 s.
  it('a subscription made just before the server was killed is served again', { timeout: 240_000 }, async () => {
    const { fresh, connect, join, message, until } = bench
    const publisher = await fresh()
    const receivers = [acknowledging(), acknowledging()]
    await join(await connect(), acknowledging())
    // What is to survive is not new; the second subscription is, and some of its queues are likely to lose their leader.
    await sleep(6000)
    const member = await connect()
    for (const receiver of receivers)
      await join(member, receiver, { subscription: `${bench.subscription}-${receivers.indexOf(receiver)}` })
    const looking = acknowledging()
    await join(member, looking, { subscription: `${bench.subscription}-e`, ephemeral: true })
    await server?.kill()
    await server?.start()
    const messages = Array.from({ length: 16 }, (_, n) => message(`k${n}`))
    for (const each of messages) await publishUntilTaken(publisher, [each])
    const ids = new Set(messages.map(({ id }) => id))
    for (const receiver of receivers) await until(() => new Set(receiver.ids), ids)
    // What only looks on may have missed these, of some keys; it sees what comes when it is back.
    await until(async () => {
      await publisher.publish(messages.map(({ key }) => message(key)))
      return new Set(looking.deliveries.map((delivery) => delivery.message.key)).size
    }, 16)
  })
})

const numbered = (name: string): readonly string[] => Array.from({ length: partitions }, (_, n) => `${name}.${n}`)

function deleteQueues(url: string, queues: readonly string[]): Promise<void> {
  return asOperator(url, async (connection) => {
    for (const queue of queues) await connection.queueDelete({ queue })
  })
}

async function asOperator(url: string, act: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = new Connection(url)
  try {
    await act(connection)
  } finally {
    await connection.close()
  }
}
