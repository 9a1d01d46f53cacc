// Graphile Worker: add_job in the transaction of the row; each task writes its effect in a transaction of its own.
import { run } from 'graphile-worker'
import { Pool } from 'pg'

import { type EventsPeer, type Order, poolSize, type Setup, statements } from '../order.ts'
import { inTransaction } from './in-transaction.ts'

const databaseOf = ({ databases }: Setup): string => databases?.producer ?? ''

export const peer: EventsPeer = {
  produce: (setup) => {
    const pool = new Pool({ connectionString: databaseOf(setup), max: poolSize })
    return Promise.resolve({
      publish: (order, committing) =>
        inTransaction(pool, async (client) => {
          const { n, orderId, customerId, totalCents } = order
          await client.query(statements.insertOrder, [n, orderId, customerId, totalCents])
          await client.query("select graphile_worker.add_job('placed', $1::json)", [JSON.stringify(order)])
          committing()
        }),
    })
  },
  consume: async (setup, applied) => {
    // Both pools that it uses here: its own, and that of the tasks.
    const pool = new Pool({ connectionString: databaseOf(setup), max: poolSize })
    const queue = new Pool({ connectionString: databaseOf(setup), max: poolSize })
    await run({
      pgPool: queue,
      // The settings of its own performance page.
      preset: {
        worker: { concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 },
      },
      taskList: {
        placed: async (payload) => {
          const { n, orderId } = payload as Order
          await inTransaction(pool, (client) => client.query(statements.insertShipment, [n, orderId]))
          applied(n)
        },
      },
    })
  },
}
