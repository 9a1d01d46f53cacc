// pg-boss: the job is sent on the transaction's connection; its transactional worker writes the effects of a batch and
// completes the jobs in one transaction.
import { Pool } from 'pg'
import { type Job, PgBoss } from 'pg-boss'

import { type EventsPeer, type Order, poolSize, type Setup, statements } from '../order.ts'
import { inTransaction } from './in-transaction.ts'

const queue = 'orders-placed'

async function start(connectionString: string): Promise<PgBoss> {
  const boss = new PgBoss({ connectionString, max: poolSize, useListenNotify: true })
  boss.on('error', (error) => console.error(error))
  await boss.start()
  return boss
}

const databaseOf = ({ databases }: Setup): string => databases?.producer ?? ''

export const peer: EventsPeer = {
  produce: async (setup) => {
    const pool = new Pool({ connectionString: databaseOf(setup), max: poolSize })
    const boss = await start(databaseOf(setup))
    return {
      publish: (order, committing) =>
        inTransaction(pool, async (client) => {
          const { n, orderId, customerId, totalCents } = order
          await client.query(statements.insertOrder, [n, orderId, customerId, totalCents])
          const db = { executeSql: (text: string, values: unknown[] = []) => client.query(text, values) }
          await boss.send(queue, order, { db })
          committing()
        }),
    }
  },
  consume: async (setup, applied) => {
    const boss = await start(databaseOf(setup))
    await boss.createQueue(queue, { notify: true })
    const options = { batchSize: 100, localConcurrency: 4, burstWhenBatchFull: true } as const
    await boss.work(queue, { ...options, transactional: true }, async (jobs: Job<Order>[], tx) => {
      for (const { data } of jobs) await tx.executeSql(statements.insertShipment, [data.n, data.orderId])
      // The commit follows; its end cannot be observed from here. This flatters its latency a little.
      for (const { data } of jobs) applied(data.n)
    })
  },
}
