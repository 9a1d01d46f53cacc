import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemPlatform } from '@holon/contract/system-platform'
import type { SqlStore, StoreDefinition, Tx } from '@holon/data'
import { postgres } from '@holon/data/postgres'
import { sqlite } from '@holon/data/sqlite'
import { afterAll, beforeAll } from 'vitest'

import { startTestPostgres, type TestPostgres } from '../support/test-postgres.ts'
import { describeDelivery } from './delivery.ts'
import { describeEventLog, type EventLogUnderTest, type OpenedEventLog } from './event-log.ts'

const platform = systemPlatform()

type NoTables = Record<never, never>

const directory = mkdtempSync(join(tmpdir(), 'holon-event-log-'))
let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(async () => {
  await server.close()
  rmSync(directory, { recursive: true, force: true })
})

async function open(
  definition: StoreDefinition<SqlStore<NoTables>>,
  connection: string,
): Promise<OpenedEventLog<Tx<NoTables>>> {
  const onError = console.error
  const store = await definition.open({ service: 'logging', connection, platform, onError, events: true })
  return { log: store.events, transaction: store.transaction, close: store.close }
}

const stores: readonly (EventLogUnderTest<Tx<NoTables>> & { readonly name: string })[] = [
  {
    name: 'postgres',
    tellsCommit: true,
    manyWriters: true,
    signals: true,
    newConnection: () => server.newDatabase(),
    open: (connection) => open(postgres<NoTables>(), connection),
  },
  {
    name: 'sqlite',
    tellsCommit: true,
    manyWriters: false,
    signals: true,
    newConnection: async () => join(directory, `${randomUUID()}.sqlite`),
    open: (connection) => open(sqlite<NoTables>(), connection),
  },
]

for (const store of stores) {
  describeEventLog(store.name, store)
  describeDelivery(store.name, store)
}
