import { kafkaBus } from '@holon/events/kafka'
import { systemPlatform } from '@holon/runtime'

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
        restart: async () => {
          await server.kill()
          await server.start()
        },
        close: async () => server[Symbol.asyncDispose](),
      }
    },
    { timeoutMs: 15_000, takesAtMost: 1_048_588 },
  )
})
