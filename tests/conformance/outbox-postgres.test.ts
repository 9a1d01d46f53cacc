import { type DrizzleDatabase, drizzleDriver } from '@holon/data/outbox-drizzle'
import { pgDriver, type PgTransaction } from '@holon/data/outbox-pg'
import { prismaDriver, type PrismaTransaction } from '@holon/data/outbox-prisma'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { afterAll, beforeAll } from 'vitest'

import { openPrisma } from '../fixtures/prisma-client.ts'
import { startTestPostgres, type TestPostgres } from '../support/test-postgres.ts'
import { describeEnding } from './ending.ts'
import { describeDriver, type DriverUnderTest } from './outbox-driver.ts'

let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(() => server.close())

const newConnection = (): Promise<string> => server.newDatabase()

/** The server may end connections that are just being closed. */
function openPool(connectionString: string): Pool {
  const pool = new Pool({ connectionString })
  pool.on('error', () => {})
  return pool
}

/** As one writes it by hand. */
async function inTransaction<T>(pool: Pool, work: (tx: PgTransaction) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  await client.query('begin')
  try {
    const result = await work(client)
    await client.query('commit')
    return result
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    client.release()
  }
}

const raw: DriverUnderTest<PgTransaction> = {
  signals: true,
  newConnection,
  connect(connectionString) {
    const pool = openPool(connectionString)
    return {
      driver: pgDriver(pool),
      transaction: (work) => inTransaction(pool, work),
      close: () => pool.end(),
    }
  },
}
describeDriver('pg', raw)
describeEnding('pg', { ...raw, endsOnFailure: true, execute: (tx, statement) => tx.query(statement) })

const onDrizzle: DriverUnderTest<DrizzleDatabase> = {
  signals: true,
  newConnection,
  connect(connectionString) {
    const pool = openPool(connectionString)
    const db = drizzle(pool)
    return { driver: drizzleDriver(db), transaction: (work) => db.transaction(work), close: () => pool.end() }
  },
}
describeDriver('Drizzle', onDrizzle)
describeEnding('Drizzle', {
  ...onDrizzle,
  endsOnFailure: true,
  execute: async (tx, statement) => tx.execute(sql.raw(statement)),
})

const onPrisma: DriverUnderTest<PrismaTransaction> = {
  signals: true,
  newConnection,
  connect(connectionString) {
    const prisma = openPrisma(connectionString)
    return {
      driver: prismaDriver(prisma),
      transaction: (work) => prisma.$transaction(work, { timeout: 30_000 }),
      close: () => prisma.$disconnect(),
    }
  },
}
describeDriver('Prisma', onPrisma)
describeEnding('Prisma', {
  ...onPrisma,
  endsOnFailure: true,
  execute: async (tx, statement) => tx.$executeRawUnsafe(statement),
})
