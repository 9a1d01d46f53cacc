import { systemPlatform } from '@holon/contract/system-platform'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

import type { OutboxRecord } from '../events/event-log.ts'
import { startTestPostgres, type TestPostgres } from '../fixtures/test-postgres.ts'
import type { SqlStore } from '../store.ts'
import { postgres } from './index.ts'

const recordOf = (id: string): OutboxRecord => ({ id, topic: 'orders.placed', key: 'k', envelope: '{}' })

type NoTables = Record<never, never>

let server: TestPostgres
let admin: Client
beforeAll(async () => {
  server = await startTestPostgres()
  admin = new Client({ connectionString: server.adminUrl })
  await admin.connect()
})
afterAll(async () => {
  await admin.end()
  await server.close()
})

const errors: unknown[] = []

function open(connection: string, service: string): Promise<SqlStore<NoTables>> {
  const onError = (error: unknown): number => errors.push(error)
  return postgres<NoTables>({ idleTimeoutMs: 10 }).open({
    service,
    connection,
    platform: systemPlatform(),
    onError,
    events: true,
  })
}

/** The service's sessions on the server, whose last statement was LISTEN or any. */
async function sessionsOf(service: string, statement = '%'): Promise<number[]> {
  const { rows } = await admin.query<{ pid: number }>(
    'select pid from pg_stat_activity where application_name = $1 and query like $2',
    [`holon ${service}`, statement],
  )
  return rows.map(({ pid }) => pid)
}

test('a store listens on one connection, and on none as long as nobody wants to be woken', async () => {
  const store = await open(await server.newDatabase(), 'idle')
  await store.transaction((tx) => store.events.append(tx, [recordOf('a')]))
  await expect.poll(() => sessionsOf('idle')).toStrictEqual([])
  const stops = [1, 2, 3].map(() => store.events.onAppend(() => {}))
  await expect.poll(() => sessionsOf('idle', 'listen%')).toHaveLength(1)
  for (const stop of stops) stop()
  await expect.poll(() => sessionsOf('idle')).toStrictEqual([])
  await store.close()
})

test('a listening connection that breaks is reported once and made again, and what came meanwhile is looked for', async () => {
  const url = await server.newDatabase()
  const [hearing, publishing] = await Promise.all([open(url, 'hearing'), open(url, 'publishing')])
  let woken = 0
  hearing.events.onAppend(() => (woken += 1))
  await expect.poll(() => woken).toBe(1)
  const before = errors.length
  for (const pid of await sessionsOf('hearing', 'listen%')) await admin.query('select pg_terminate_backend($1)', [pid])
  await expect.poll(() => errors.length).toBe(before + 1)
  expect(errors.at(-1)).toMatchObject({ code: 'unavailable', message: expect.stringContaining('"hearing" hears') })
  await expect.poll(() => woken).toBe(2)
  await publishing.transaction((tx) => publishing.events.append(tx, [recordOf('b')]))
  await expect.poll(() => woken).toBe(3)
  expect(errors).toHaveLength(before + 1)
  await Promise.all([hearing.close(), publishing.close()])
  expect(await sessionsOf('hearing')).toStrictEqual([])
})

test('a process is not woken by its own signals', async () => {
  const store = await open(await server.newDatabase(), 'echo')
  let woken = 0
  store.events.onAppend(() => (woken += 1))
  await expect.poll(() => woken).toBe(1)
  await store.transaction((tx) => store.events.append(tx, [recordOf('c')]))
  await expect.poll(() => sessionsOf('echo', '%pg_notify%')).toHaveLength(1)
  await store.close() // when the signal has been answered, and on its connection the echo comes before the answer
  expect(woken).toBe(2)
})

test('closing a store whose listening connection is just being made leaves nothing behind', async () => {
  const store = await open(await server.newDatabase(), 'hasty')
  store.events.onAppend(() => {})
  await store.close()
  await expect.poll(() => sessionsOf('hasty')).toStrictEqual([])
})
