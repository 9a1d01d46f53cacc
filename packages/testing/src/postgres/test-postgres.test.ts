import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'

import { createParcels, orders, shipping } from '../fixtures/parcels.ts'
import { startTestApp, type TestApp } from '../index.ts'
import { startTestPostgres, type TestPostgres } from './index.ts'

let server: TestPostgres
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holon-kept-postgres-'))
  server = await startTestPostgres({ cache: join(folder, 'cache') })
})
afterAll(async () => {
  await server.close()
  await rm(folder, { recursive: true, maxRetries: 5 })
})

const start = (postgres: TestPostgres = server): Promise<TestApp> =>
  startTestApp(createParcels('postgres').app, { data: { postgres } })

async function databases(like: string): Promise<number> {
  const client = new Client(server.url)
  await client.connect()
  try {
    const { rows } = await client.query<{ n: string }>('select count(*) as n from pg_database where datname like $1', [
      like,
    ])
    return Number(rows[0]?.n)
  } finally {
    await client.end()
  }
}

it('each app has databases of its own, copied from one in which the migrations have run', async () => {
  const apps = await Promise.all([start(), start(), start()])
  await Promise.all(
    apps.map(async (app, n) => {
      for (let order = 0; order <= n; order += 1) await app.client(orders).place({ orderId: `o${order}`, cents: 1 })
      await app.settled()
      expect(await app.client(shipping).sent()).toHaveLength(n + 1)
    }),
  )
  // The two services have the same migrations, and both have to do with events.
  expect(await databases('holon_template_%')).toBe(1)
  expect(await databases('holon_app_%')).toBe(6)
  const look = new Client(await apps[0].connection('shipping'))
  await look.connect()
  expect((await look.query('select id from parcels')).rows).toEqual([{ id: 'o0' }])
  await look.end()
  await Promise.all(apps.map((app) => app.close()))
  expect(await databases('holon_app_%')).toBe(0)
})

it('schedules and retries follow the clock of the test, also over a real database', async () => {
  await using app = await start()
  await app.client(orders).place({ orderId: 'flaky', cents: 1 })
  await app.clock.forward(60_000)
  await app.clock.forward(3_600_000)
  await app.settled()
  expect(await app.client(shipping).sent()).toEqual(['flaky'])
  expect((await app.client(orders).due()).length).toBeGreaterThanOrEqual(1)
})

it('a server leaves its templates to the next ones, and nothing else; several may begin with them', async () => {
  const left = await start()
  await left.client(orders).place({ orderId: 'o1', cents: 1 })
  // As if the process had been killed: nobody drops the databases.
  await server.close()
  const cache = join(folder, 'cache')
  const [other, again] = await Promise.all([startTestPostgres({ cache }), startTestPostgres({ cache })])
  server = again
  expect(new URL(other.url).port).not.toBe(new URL(server.url).port)
  expect(await databases('holon_app_%')).toBe(0)
  expect(await databases('holon_template_%')).toBe(1)
  for (const postgres of [other, again]) {
    await using app = await start(postgres)
    await app.client(orders).place({ orderId: 'o1', cents: 1 })
    await app.settled()
    expect(await app.client(shipping).sent()).toEqual(['o1'])
  }
  await other.close()
  await left.close().catch(() => undefined)
})

it('what cannot be used of a kept server is made anew', async () => {
  const cache = join(folder, 'broken')
  await mkdir(join(cache, 'data'), { recursive: true })
  await writeFile(join(cache, 'data', 'PG_VERSION'), '1')
  await using other = await startTestPostgres({ cache })
  await using app = await start(other)
  await app.client(orders).place({ orderId: 'o1', cents: 1 })
  await app.settled()
})
