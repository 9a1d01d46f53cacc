import { setTimeout as sleep } from 'node:timers/promises'

import { rabbitmqBus } from '@holon/events/rabbitmq'
import { systemPlatform } from '@holon/runtime'

import { describeWith } from '../support/describe-with.ts'
import { startServer } from '../support/servers/start-server.ts'
import { testBus } from './bus.ts'

describeWith('rabbitmq', 'RabbitMQ', () => {
  testBus(
    'rabbitmq',
    async () => {
      const server = await startServer('rabbitmq')
      return {
        connect: async () => rabbitmqBus({ platform: systemPlatform(), url: server.url, partitions: 4 }),
        restart: async () => {
          // RabbitMQ 3.10 notes the raft state of a new queue only every few seconds; killed before, it finds no leader
          // for the queue (https://github.com/rabbitmq/rabbitmq-server/issues/10070).
          await sleep(6000)
          await server.kill()
          await server.start()
        },
        close: async () => server[Symbol.asyncDispose](),
      }
    },
    { timeoutMs: 15_000 },
  )
})
