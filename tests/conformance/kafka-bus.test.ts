import { kafkaBus } from '@holon/events/kafka'
import { systemPlatform } from '@holon/runtime'
import { Admin } from '@platformatic/kafka'

import { describeWith } from '../support/describe-with.ts'
import { startServer } from '../support/servers/start-server.ts'
import { testBus } from './bus.ts'

describeWith('kafka', 'Kafka', () => {
  testBus(
    'kafka',
    async () => {
      const server = await startServer('kafka')
      return {
        connect: async () => kafkaBus({ platform: systemPlatform(), brokers: [server.url], partitions: 4 }),
        restart: async (how) => {
          await server[how]()
          await server.start()
        },
        deleteTopic: async (topic) => {
          const admin = new Admin({ clientId: 'operator', bootstrapBrokers: [server.url] })
          try {
            await admin.deleteTopics({ topics: [topic] })
          } finally {
            await admin.close()
          }
        },
        close: async () => server[Symbol.asyncDispose](),
      }
    },
    { timeoutMs: 15_000, deletesTopics: true },
  )
})
