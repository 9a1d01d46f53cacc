import { setTimeout as sleep } from 'node:timers/promises'

import type { BusMessage } from '@holon/events'
import { expect, it } from 'vitest'

import { acknowledging, type BusBench, type BusSuiteOptions, publishUntilTaken } from './bus-bench.ts'

/** A server that has just been ended needs a while. */
const takenWithinMs = 60_000

/** The part of the suite about what an acknowledgement is worth when the server is ended, or its topics are deleted. */
export function testBusDurability(bench: BusBench, options: BusSuiteOptions): void {
  if (options.restarts !== false) testRestarts(bench)
  if (options.deletesTopics === true) testDeletedTopics(bench)
}

function testRestarts(bench: BusBench): void {
  const { connect, fresh, join, message, until } = bench
  const rounds = Number(process.env['HOLON_BUS_RESTARTS'] ?? 1)
  const timeout = 60_000 + rounds * 60_000
  it(
    `what was acknowledged is delivered, in order, though the server is stopped and killed under it: ${rounds} × (B1)`,
    { timeout },
    async () => {
      const publisher = await fresh()
      // Many, so that a server that comes back needs a while until it knows them all.
      const topics = Array.from({ length: 12 }, (_, n) => `${bench.topic}${n}`)
      const acknowledged: BusMessage[] = []
      let taken = Promise.withResolvers<void>()
      const over = new AbortController()
      const publishing = publishUntil(over.signal, async () => {
        const batch = topics.map((topic) => ({ ...message('k'), topic }))
        await publishUntilTaken(publisher, batch, takenWithinMs)
        acknowledged.push(...batch)
        taken.resolve()
        taken = Promise.withResolvers()
      })
      for (let round = 0; round < rounds; round += 1) {
        for (const how of ['stop', 'kill'] as const) {
          const before = acknowledged.length
          await restart(bench, how)
          // It is published to again, too.
          await until(() => acknowledged.length > before, true)
        }
      }
      over.abort()
      await publishing
      const receiver = acknowledging()
      await join(await connect(), receiver, { start: 'all', topics })
      const missing = (): readonly string[] => {
        const ids = new Set(receiver.ids)
        return acknowledged.flatMap(({ id }) => (ids.has(id) ? [] : [id]))
      }
      await until(missing, [])
      for (const topic of topics) {
        const inTopic = (all: readonly BusMessage[]): readonly string[] =>
          all.flatMap((each) => (each.topic === topic ? [each.id] : []))
        expect([...new Set(inTopic(receiver.deliveries.map((delivery) => delivery.message)))]).toEqual(
          inTopic(acknowledged),
        )
      }
    },
  )
}

function testDeletedTopics(bench: BusBench): void {
  const { connect, fresh, join, message, until, drained } = bench
  const many = (count: number): readonly BusMessage[] => Array.from({ length: count }, (_, n) => message(`k${n % 20}`))
  const missingOf = (messages: readonly BusMessage[], received: readonly string[]): readonly string[] => {
    const ids = new Set(received)
    return messages.flatMap(({ id }) => (ids.has(id) ? [] : [id]))
  }

  it('a topic that is deleted under a running app is made anew, and what is published then is delivered (B1, B2)', async () => {
    const publisher = await fresh()
    const receiver = acknowledging()
    await join(await connect(), receiver)
    await publisher.publish(many(60))
    await until(() => receiver.ids.length, 60)
    for (const count of [20, 100]) {
      await deleteTopic(bench)
      const messages = many(count)
      await publishUntilTaken(publisher, messages, takenWithinMs)
      await until(() => missingOf(messages, receiver.ids), [])
    }
  })

  for (const [size, count] of [
    ['shorter', 20],
    ['longer', 100],
  ] as const) {
    it(`a subscription that was away while its topic was made anew gets all of it, though it is ${size} (B2)`, async () => {
      const publisher = await fresh()
      const member = await connect()
      const before = acknowledging()
      const joined = await join(member, before)
      await publisher.publish(many(60))
      await until(() => before.ids.length, 60)
      await drained(joined)
      await member.close()
      await deleteTopic(bench)
      const messages = many(count)
      await publishUntilTaken(publisher, messages, takenWithinMs)
      const after = acknowledging()
      await drained(await join(await connect(), after))
      // More than once where a batch was not acknowledged as a whole, and nothing else.
      expect(new Set(after.ids)).toEqual(new Set(messages.map(({ id }) => id)))
    })
  }
}

async function restart({ bus }: Pick<BusBench, 'bus'>, how: 'stop' | 'kill'): Promise<void> {
  if (bus.restart === undefined) throw new Error('A bus with restarts can be restarted.')
  await bus.restart(how)
}

async function deleteTopic({ bus, topic }: Pick<BusBench, 'bus' | 'topic'>): Promise<void> {
  if (bus.deleteTopic === undefined) throw new Error('A bus whose topics can be deleted says how.')
  await bus.deleteTopic(topic)
}

async function publishUntil(signal: AbortSignal, publish: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await publish()
    await sleep(5)
  }
}
