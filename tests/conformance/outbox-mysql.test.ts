import { mysqlDriver } from '@holon/data/outbox-mysql'
import { Kysely, MysqlDialect, sql, type Transaction } from 'kysely'
import { createPool } from 'mysql2'
import { afterAll, beforeAll } from 'vitest'

import { describeWith } from '../support/describe-with.ts'
import { type PrivateServer, startServer } from '../support/servers/start-server.ts'
import { describeEnding } from './ending.ts'
import { describeDriver, type DriverUnderTest } from './outbox-driver.ts'

type NoTables = Record<never, never>

describeWith('mariadb', 'the outbox on MariaDB', () => {
  let server: PrivateServer
  let databases = 0
  beforeAll(async () => {
    server = await startServer('mariadb')
  })
  afterAll(() => server[Symbol.asyncDispose]())

  const open = (url: string): Kysely<NoTables> =>
    new Kysely<NoTables>({ dialect: new MysqlDialect({ pool: createPool({ uri: url, connectionLimit: 10 }) }) })

  const underTest: DriverUnderTest<Transaction<NoTables>> = {
    signals: false,
    async newConnection() {
      databases += 1
      const db = open(server.url)
      await sql.raw(`create database outbox_${databases}`).execute(db)
      await db.destroy()
      return new URL(`/outbox_${databases}`, server.url).href
    },
    connect(url) {
      const db = open(url)
      return {
        driver: mysqlDriver(db),
        transaction: (work) => db.transaction().execute(work),
        close: () => db.destroy(),
      }
    },
  }
  describeDriver('MySQL', underTest)
  describeEnding('MySQL', {
    ...underTest,
    endsOnFailure: false,
    execute: (tx, statement) => sql.raw(statement).execute(tx),
  })
})
