// BullMQ on Redis: jobs added one by one, a worker that takes many at a time.
import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'

import type { EventsPeer, Order, Setup } from '../order.ts'

const connectionOf = ({ broker = '' }: Setup): Redis => new Redis(broker, { maxRetriesPerRequest: null })

export const peer: EventsPeer = {
  produce: async (setup) => {
    const queue = new Queue<Order>(setup.name, {
      connection: connectionOf(setup),
      defaultJobOptions: { removeOnComplete: true, removeOnFail: 1000 },
    })
    await queue.waitUntilReady()
    return {
      publish: async (order, committing) => {
        committing()
        await queue.add('placed', order)
      },
    }
  },
  consume: async (setup, applied) => {
    const handle = (job: { readonly data: Order }): Promise<void> => Promise.resolve(applied(job.data.n))
    const worker = new Worker<Order>(setup.name, handle, { connection: connectionOf(setup), concurrency: 100 })
    worker.on('error', (error) => console.error(error))
    await worker.waitUntilReady()
  },
}
