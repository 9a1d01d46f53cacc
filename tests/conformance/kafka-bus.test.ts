import { systemPlatform } from '@holon/contract/system-platform'
import type { Bus } from '@holon/events'
import { kafkaBus } from '@holon/events/kafka-bus'
import { Admin } from '@platformatic/kafka'
import { expect, it } from 'vitest'

import { describeWith } from '../support/describe-with.ts'
import { type PrivateServer, startServer } from '../support/servers/start-server.ts'
import { acknowledging, useBus } from './bus-bench.ts'
import { testBus } from './bus.ts'

const connectTo = (url: string): Bus => kafkaBus({ platform: systemPlatform(), brokers: [url], partitions: 4 })

describeWith('kafka', 'Kafka', () => {
  testBus(
    'kafka',
    async () => {
      const server = await startServer('kafka')
      return {
        choice: { kind: 'kafka', url: server.url },
        connect: () => Promise.resolve(connectTo(server.url)),
        restart: async (how) => {
          await server[how]()
          await server.start()
        },
        deleteTopic: (topic) => asOperator(server.url, (admin) => admin.deleteTopics({ topics: [topic] })),
        close: async () => server[Symbol.asyncDispose](),
      }
    },
    { timeoutMs: 15_000, deletesTopics: true, takesAtMost: 1_048_588 },
  )
})

describeWith('kafka', 'Kafka that forgets groups', () => {
  let server: PrivateServer | undefined
  const url = (): string => server?.url ?? ''
  const bench = useBus(
    async () => {
      const started = (server = await startServer('kafka'))
      return {
        connect: () => Promise.resolve(connectTo(url())),
        close: async () => started[Symbol.asyncDispose](),
      }
    },
    { timeoutMs: 15_000 },
  )

  it('a subscription whose offsets were forgotten while it was away does not pass over what came meanwhile', async () => {
    const { fresh, connect, join, message, until, drained } = bench
    const publisher = await fresh()
    const member = await connect()
    const before = acknowledging()
    const joined = await join(member, before)
    await publisher.publish([message('k')])
    await until(() => before.ids.length, 1)
    await drained(joined)
    await member.close()
    const missed = [message('k'), message('k')]
    await publisher.publish(missed)
    await asOperator(url(), (admin) => admin.deleteGroups({ groups: [`holon.${bench.subscription}`] }))
    const after = acknowledging()
    await join(await connect(), after)
    await until(() => after.ids, [...before.ids, ...missed.map(({ id }) => id)])
  })

  it('an ephemeral subscription that was left leaves no group behind', async () => {
    const { fresh, join } = bench
    const joined = await join(await fresh(), acknowledging(), { ephemeral: true })
    const groups = (): Promise<readonly string[]> =>
      asOperator(url(), async (admin) =>
        [...(await admin.listGroups({ states: [], types: [] })).keys()].filter((id) => id.includes(bench.subscription)),
      )
    expect(await groups()).toEqual([`holon.${bench.subscription}`])
    await joined.close()
    expect(await groups()).toEqual([])
  })
})

async function asOperator<T>(url: string, act: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ clientId: 'operator', bootstrapBrokers: [url] })
  try {
    return await act(admin)
  } finally {
    await admin.close()
  }
}
