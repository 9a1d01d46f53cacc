import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import { afterAll, beforeAll } from 'vitest'

import { describeDelivery } from '../fixtures/delivery-conformance.ts'
import { describeEventLog, type EventLogUnderTest, type OpenedEventLog } from '../fixtures/event-log-conformance.ts'
import { temporaryDirectory } from '../fixtures/temporary-directory.ts'
import { testPlatform } from '../fixtures/test-platform.ts'
import { startTestPostgres, type TestPostgres } from '../fixtures/test-postgres.ts'
import { postgres } from '../postgres/index.ts'
import { sqlite } from '../sqlite/index.ts'
import type { SqlStore, StoreDefinition, Tx } from '../store.ts'

type NoTables = Record<never, never>

const directory = temporaryDirectory()
let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(async () => {
  await server.close()
  directory.dispose()
})

async function open(
  definition: StoreDefinition<SqlStore<NoTables>>,
  connection: string,
): Promise<OpenedEventLog<Tx<NoTables>>> {
  const onError = console.error
  const store = await definition.open({ service: 'logging', connection, platform: testPlatform, onError, events: true })
  return { log: store.events, transaction: store.transaction, close: store.close }
}

const stores: readonly (EventLogUnderTest<Tx<NoTables>> & { readonly name: string })[] = [
  {
    name: 'postgres',
    tellsCommit: true,
    signals: true,
    newConnection: () => server.newDatabase(),
    open: (connection) => open(postgres<NoTables>(), connection),
  },
  {
    name: 'sqlite',
    tellsCommit: true,
    signals: true,
    newConnection: async () => join(directory.path, `${randomUUID()}.sqlite`),
    open: (connection) => open(sqlite<NoTables>(), connection),
  },
]

for (const store of stores) {
  describeEventLog(store.name, store)
  describeDelivery(store.name, store)
}
