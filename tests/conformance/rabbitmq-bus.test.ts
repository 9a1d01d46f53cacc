import { setTimeout as sleep } from 'node:timers/promises'

import type { Bus } from '@holon/events'
import { rabbitmqBus } from '@holon/events/rabbitmq'
import { systemPlatform } from '@holon/runtime'
import { Connection } from 'rabbitmq-client'
import { it } from 'vitest'

import { describeWith } from '../support/describe-with.ts'
import { type PrivateServer, startServer } from '../support/servers/start-server.ts'
import { acknowledging, publishUntilTaken, useBus } from './bus-bench.ts'
import { testBus } from './bus.ts'

const partitions = 4
const timeoutMs = 15_000
const connectTo = (url: string): Bus => rabbitmqBus({ platform: systemPlatform(), url, partitions })

describeWith('rabbitmq', 'RabbitMQ', () => {
  testBus(
    'rabbitmq',
    async () => {
      const server = await startServer('rabbitmq')
      return {
        choice: { kind: 'rabbitmq', url: server.url },
        connect: () => Promise.resolve(connectTo(server.url)),
        restart: async () => {
          // RabbitMQ 3.10 notes the raft state of a new queue only after a while; killed before, it finds no leader
          // for the queue (https://github.com/rabbitmq/rabbitmq-server/issues/10070).
          await sleep(6000)
          await server.kill()
          await server.start()
        },
        close: async () => server[Symbol.asyncDispose](),
      }
    },
    { timeoutMs },
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
    await loseNotes(url(), bench)
    const after = acknowledging()
    await drained(await join(await connect(), after))
    const ids = new Set(missed.map(({ id }) => id))
    await until(() => new Set(after.ids.filter((id) => ids.has(id))), ids)
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
    await server?.kill()
    await server?.start()
    const messages = Array.from({ length: 16 }, (_, n) => message(`k${n}`))
    for (const each of messages) await publishUntilTaken(publisher, each)
    const ids = new Set(messages.map(({ id }) => id))
    for (const receiver of receivers) await until(() => new Set(receiver.ids), ids)
  })
})

async function loseNotes(url: string, { subscription, topic }: { subscription: string; topic: string }): Promise<void> {
  const connection = new Connection(url)
  try {
    for (let partition = 0; partition < partitions; partition += 1)
      await connection.queueDelete({ queue: `holon.notes.${subscription}.${topic}.${partition}` })
  } finally {
    await connection.close()
  }
}
