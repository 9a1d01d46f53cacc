import type { SqlValue } from '../events/event-sql.ts'
import type { OutboxDriver } from './create-outbox.ts'
import { Operations } from './operations.ts'
import { onPostgres } from './postgres-driver.ts'

export { createOutbox, type DriverOutbox, type OutboxDriver, type OutboxOptions } from './create-outbox.ts'

/** What `prisma.$transaction` hands to its callback, whatever the models. */
export interface PrismaTransaction {
  $queryRawUnsafe<T = unknown>(statement: string, ...parameters: unknown[]): PromiseLike<T>
  $executeRawUnsafe(statement: string, ...parameters: unknown[]): PromiseLike<number>
}

/** A PrismaClient of a schema whose provider is `postgresql`. */
export interface PrismaRoot extends PrismaTransaction {
  $transaction<T>(work: (tx: PrismaTransaction) => Promise<T>, options?: { readonly timeout?: number }): Promise<T>
  /** Given a `query` extension, as Prisma documents it. */
  $extends(extension: never): unknown
}

/** Transactions end by the deadlines of their users; Prisma's own would end them after five seconds. */
const longestMs = 600_000

/**
 * Outbox and inbox through Prisma on PostgreSQL.
 *
 * @example
 * import { createOutbox, type OutboxOptions, prismaDriver, type PrismaRoot } from '@holon/data/outbox-prisma'
 *
 * export async function place(prisma: PrismaRoot, options: OutboxOptions): Promise<void> {
 *   const outbox = await createOutbox(prismaDriver(prisma), options)
 *   await prisma.$transaction(async (tx) => {
 *     await outbox.publish(tx, orders.events.placed, { orderId: 'o-1', totalCents: 420 })
 *   })
 * }
 */
export function prismaDriver(prisma: PrismaRoot): OutboxDriver<PrismaTransaction> {
  return onPostgres<PrismaTransaction>({
    async run(tx, statement, parameters: readonly SqlValue[]) {
      const on = tx ?? prisma
      if (!/^(select|with) | returning /.test(statement)) {
        return { rows: [], affected: await on.$executeRawUnsafe(statement, ...parameters) }
      }
      const rows = await on.$queryRawUnsafe<Readonly<Record<string, unknown>>[]>(statement, ...parameters)
      return { rows, affected: 0 }
    },
    transaction: (work) => {
      const operations = new Operations()
      return observed(prisma, operations).$transaction(
        async (tx) => {
          try {
            const result = await work(tx)
            await operations.settle(() => tx.$queryRawUnsafe('select 1'))
            return result
          } finally {
            await operations.end()
          }
        },
        { timeout: longestMs },
      )
    },
  })
}

/** The same client; all its operations, those of transactions too, are told. */
function observed(prisma: PrismaRoot, operations: Operations): Pick<PrismaRoot, '$transaction'> {
  const extension = {
    query: {
      $allOperations: <A>({ args, query }: { args: A; query: (args: A) => PromiseLike<unknown> }): Promise<unknown> =>
        operations.run(() => query(args)),
    },
  }
  // Its type depends on the models.
  return prisma.$extends(extension as never) as PrismaRoot
}
