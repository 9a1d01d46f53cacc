import { natsBus } from '@holon/events/nats'
import { systemPlatform } from '@holon/runtime'

import { describeWith } from '../support/describe-with.ts'
import { startServer } from '../support/servers/start-server.ts'
import { testBus } from './bus.ts'

describeWith('nats', 'NATS JetStream', () => {
  testBus(
    'nats',
    async () => {
      const server = await startServer('nats')
      return {
        connect: async () => natsBus({ platform: systemPlatform(), url: server.url, partitions: 4 }),
        restart: async () => {
          await server.kill()
          await server.start()
        },
        close: async () => server[Symbol.asyncDispose](),
      }
    },
    { timeoutMs: 15_000 },
  )
})
