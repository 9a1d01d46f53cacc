import { defineApp, defineService } from '@holon/app'
import { command, defineContract, query } from '@holon/contract'
import { sqlite } from '@holon/data/sqlite'
import { expose } from '@holon/gateway/definition'
import { startTestApp, type TestApp } from '@holon/testing'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'

const diary = defineContract('diary', {
  operations: {
    add: command({ http: 'POST /lines', auth: 'none', output: z.object({ lines: z.int() }) }),
    read: query({ http: 'GET /lines', auth: 'none', output: z.object({ lines: z.int() }) }),
    /** As if others filled the disk, and as if somebody removed what they wrote. */
    fill: command({ http: 'POST /fill', auth: 'none' }),
    empty: command({ http: 'POST /empty', auth: 'none' }),
  },
})

interface DiaryDb {
  readonly lines: { readonly text: string }
}

const service = defineService(diary, {
  store: sqlite<DiaryDb>(),
  start: async ({ store }) => {
    await sql`create table lines (text text)`.execute(store)
  },
  operations: {
    add: async (_input, { store }) => {
      await store
        .insertInto('lines')
        .values({ text: 'x'.repeat(100_000) })
        .execute()
      return { lines: 1 }
    },
    read: async (_input, { store }) => ({ lines: (await store.selectFrom('lines').select('text').execute()).length }),
    fill: async (_input, { store }) => void (await sql`pragma max_page_count = 1`.execute(store)),
    empty: async (_input, { store }) => void (await sql`pragma max_page_count = 100000`.execute(store)),
  },
})

let app: TestApp
beforeAll(async () => {
  const full = defineApp({
    name: 'full',
    services: { diary: () => Promise.resolve({ default: service }) },
    gateway: { expose: [expose(diary, ['add', 'read', 'fill', 'empty'])] },
  })
  // The limit below is one of a connection.
  app = await startTestApp(full, { data: { sqlite: 'memory' } })
})
afterAll(() => app.close())

const send = (path: string, method = 'POST'): Promise<Response> => app.http(path, { method })
const readiness = async (): Promise<unknown> => (await send('/readyz', 'GET')).json()

test('a change without room on the disk is 503, reads go on, and readiness tells of it until changes succeed', async () => {
  expect((await send('/lines')).status).toBe(200)
  expect(await readiness()).toEqual({ status: 'ready' })
  await send('/fill')
  const refused = await send('/lines')
  const type = 'https://holon.dev/problems/server_full'
  expect(await refused.json()).toMatchObject({ type, status: 503, code: 'resource_exhausted' })
  expect((await send('/lines', 'GET')).status).toBe(200)
  const problems = [expect.stringMatching(/^The store of 'diary' fails: .*no room left/)]
  // The gateway itself can answer; reads go on.
  await expect.poll(readiness).toEqual({ status: 'ready', problems })
  await send('/empty')
  expect((await send('/lines')).status).toBe(200)
  await expect.poll(readiness).toEqual({ status: 'ready' })
})
