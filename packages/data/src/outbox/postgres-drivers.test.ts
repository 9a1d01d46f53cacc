import { drizzle } from 'drizzle-orm/node-postgres'
import { Pool } from 'pg'
import { afterAll, beforeAll } from 'vitest'

import { describeDriver } from '../fixtures/driver-conformance.ts'
import { openPrisma } from '../fixtures/prisma-client.ts'
import { startTestPostgres, type TestPostgres } from '../fixtures/test-postgres.ts'
import { drizzleDriver } from './drizzle.ts'
import { pgDriver, type PgTransaction } from './pg.ts'
import { prismaDriver } from './prisma.ts'

let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(() => server.close())

const newConnection = (): Promise<string> => server.newDatabase()

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

describeDriver('pg', {
  signals: true,
  newConnection,
  connect(connectionString) {
    const pool = new Pool({ connectionString })
    return {
      driver: pgDriver(pool),
      transaction: (work) => inTransaction(pool, work),
      close: () => pool.end(),
    }
  },
})

describeDriver('Drizzle', {
  signals: true,
  newConnection,
  connect(connectionString) {
    const pool = new Pool({ connectionString })
    const db = drizzle(pool)
    return { driver: drizzleDriver(db), transaction: (work) => db.transaction(work), close: () => pool.end() }
  },
})

describeDriver('Prisma', {
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
})
