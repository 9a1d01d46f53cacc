import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { inspect } from 'node:util'

import { systemPlatform } from '@holon/contract/system-platform'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@holon/postgres'
import { sql } from 'kysely'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import type { ConformanceDb } from '../fixtures/conformance-db.ts'
import { describeStore } from '../fixtures/store-conformance.ts'
import { temporaryDirectory } from '../fixtures/temporary-directory.ts'
import { startTestPostgres, type TestPostgres } from '../fixtures/test-postgres.ts'
import type { SqlStore } from '../store.ts'
import { postgres, type PostgresOptions } from './index.ts'

let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(() => server.close())

describeStore('postgres', {
  define: (migrations) => postgres<ConformanceDb>({ migrations }),
  newConnection: () => server.newDatabase(),
  changeWithoutRoom: (store) => sql`do $$ begin raise exception using errcode = '53100'; end $$`.execute(store),
})

describe('what is special about postgres', () => {
  const errors: unknown[] = []

  const open = async (options: PostgresOptions = {}, url?: string): Promise<SqlStore<Record<never, never>>> =>
    postgres<Record<never, never>>(options).open({
      service: 'special',
      connection: url ?? (await server.newDatabase()),
      platform: systemPlatform(),
      onError: (error) => errors.push(error),
    })

  const nameOf = (url: string): string => new URL(url).pathname.slice(1)

  const asAdmin = async (statement: string): Promise<void> => {
    const client = new Client({ connectionString: server.adminUrl })
    await client.connect()
    await client.query(statement)
    await client.end()
  }

  test('a query that finds no free connection is refused after the time limit, saying why', async () => {
    const store = await open({ maxConnections: 1, connectTimeoutMs: 1_000 })
    await store.transaction(async () => {
      await expect(sql`select 1`.execute(store)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('no free connection within 1000 ms'),
      })
    })
    await store.close()
  })

  test('the server ends a statement that takes too long', async () => {
    const store = await open({ statementTimeoutMs: 50 })
    await expect(sql`select pg_sleep(10)`.execute(store)).rejects.toThrow(/statement timeout/)
    await store.close()
  })

  test('aborting a transaction cancels its running statement on the server', async () => {
    const store = await open()
    const controller = new AbortController()
    const reason = new Error('gone')
    const attempt = store.transaction((tx) => sql`select pg_sleep(20)`.execute(tx), { signal: controller.signal })
    await untilRunning(store, 'pg_sleep(20)')
    controller.abort(reason)
    await expect(attempt).rejects.toBe(reason)
    expect(await countRunning(store, 'pg_sleep(20)')).toBe(0)
    await store.close()
  })

  test('connections that break, idle or in a transaction, are replaced, and the process survives', async () => {
    const url = await server.newDatabase()
    const store = await open({}, url)
    const terminate = (): Promise<void> =>
      asAdmin(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${nameOf(url)}'`)
    const attempt = store.transaction(async (tx) => {
      await sql`select 1`.execute(tx)
      await terminate()
      await sql`select 1`.execute(tx)
    })
    await expect(attempt).rejects.toThrow(/terminat|connection error/)
    await sql`select 1`.execute(store)
    const before = errors.length
    await terminate()
    await expect.poll(() => errors.length).toBeGreaterThan(before)
    expect(errors.at(-1)).toMatchObject({ code: 'unavailable', message: expect.stringContaining('"special" broke') })
    expect(inspect(errors, { depth: 9 })).not.toContain(new URL(url).password)
    await expect(store.ping()).resolves.toBeUndefined()
    await store.close()
  })

  test('a store works again after its server was restarted, also one that opens while it is down', async () => {
    const directory = temporaryDirectory()
    const start = (): Promise<EmbeddedPostgres> =>
      startEmbeddedPostgres({
        directory: directory.path,
        platform: systemPlatform(),
        onLog: () => {},
        onError: () => {},
      })
    const before = await start()
    const url = await before.provision('special')
    const store = await open({}, url)
    await sql`select 1`.execute(store)
    await before.close()
    await expect(sql`select 1`.execute(store)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(store.ping()).rejects.toMatchObject({ code: 'unavailable' })
    const opening = open({}, url)
    const after = await start()
    expect(await after.provision('special')).toBe(url)
    await store.ping()
    await (await opening).close()
    await store.close()
    await after.close()
    directory.dispose()
  })

  test('close resolves when the server has let go of all connections, and nothing is reported after it', async () => {
    const url = await server.newDatabase()
    const store = await open({}, url)
    await Promise.all([1, 2, 3].map(() => sql`select 1`.execute(store)))
    const before = errors.length
    await store.close()
    await asAdmin(`drop database "${nameOf(url)}"`)
    expect(errors.length).toBe(before)
  })

  test('close breaks off a transaction that does not end', async () => {
    const store = await open({ closeTimeoutMs: 50 })
    const begun = Promise.withResolvers<undefined>()
    const attempt = store.transaction(async (tx) => {
      begun.resolve(undefined)
      await sql`select pg_sleep(20)`.execute(tx)
    })
    await begun.promise
    await Promise.all([expect(attempt).rejects.toThrow(/terminat|closed|ended|connection error/i), store.close()])
  })

  test('a commit of a transaction that a swallowed error has ended is refused', async () => {
    const store = await open()
    const attempt = store.transaction(async (tx) => {
      await sql`select 1 / 0`.execute(tx).catch(() => {})
    })
    await expect(attempt).rejects.toThrow(/rolled back|abort/i)
    await store.close()
  })

  test('a bigint beyond what a number holds is refused, and a date stays a date', async () => {
    const store = await open()
    await expect(sql`select 9007199254740993::bigint as big`.execute(store)).rejects.toThrow(/9007199254740993.*text/)
    const { rows } = await sql<{ day: string }>`select '2026-02-28'::date as day`.execute(store)
    expect(rows).toStrictEqual([{ day: '2026-02-28' }])
    await store.close()
  })

  test('a value that cannot be read ends its stream with the reason, and nothing else', async () => {
    const store = await open({ maxConnections: 1 })
    const values = sql<{ big: number }>`(select generate_series(9007199254740990, 9007199254741000) as big)`
    const seen: number[] = []
    const reading = async (): Promise<void> => {
      for await (const { big } of store.selectFrom(values.as('values')).select('big').stream(1)) seen.push(big)
    }
    await expect(reading()).rejects.toThrow(/9007199254740992.*text/)
    expect(seen).toEqual([9_007_199_254_740_990, 9_007_199_254_740_991])
    const all = store.selectFrom(values.as('values')).select('big')
    await expect(Array.fromAsync(all.stream(100))).rejects.toThrow(/9007199254740992.*text/)
    expect((await sql`select 1 as one`.execute(store)).rows).toStrictEqual([{ one: 1 }])
    await store.close()
  })

  test('a stream leaves no timer behind, and ends when its connection breaks', async () => {
    const url = await server.newDatabase()
    const store = await open({}, url)
    const rows = sql<{ i: number }>`(select generate_series(1, 9) as i)`
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    await sql`select 1`.execute(store)
    const before = timers()
    for await (const _row of store.selectFrom(rows.as('rows')).select('i').stream(2));
    expect(timers()).toBeLessThanOrEqual(before)
    const breaking = async (): Promise<void> => {
      for await (const _row of store.selectFrom(rows.as('rows')).select('i').stream(2))
        await asAdmin(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${nameOf(url)}'`)
    }
    await expect(breaking()).rejects.toMatchObject({ code: 'unavailable' })
    await sql`select 1`.execute(store)
    await store.close()
  })

  test('an invalid Date is refused, and dates far away are not', async () => {
    const store = await open()
    await expect(sql`select ${new Date(Number.NaN)}::date`.execute(store)).rejects.toThrow(/invalid Date/)
    const { rows } = await sql`select ${[new Date('-000043-03-15T00:00:00Z')]}::date[] as ides`.execute(store)
    expect(rows).toStrictEqual([{ ides: ['0044-03-15 BC'] }])
    await store.close()
  })

  // Also: `connect_timeout` of a URL is in seconds. By default a second try would come after five.
  test('a server that says nothing at first is waited for', { timeout: 4_500 }, async () => {
    const url = new URL(await server.newDatabase())
    const { hostname, port } = url
    const clients: Socket[] = []
    const slow = createServer((client) => {
      clients.push(client)
      client.on('error', () => undefined)
      if (clients.length > 1) client.pipe(connect(Number(port), hostname).on('error', () => undefined)).pipe(client)
    })
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
    // It listens on a port.
    url.port = String((slow.address() as AddressInfo).port)
    url.searchParams.set('connect_timeout', '1')
    const store = await open({}, url.href)
    expect((await sql`select 1 as one`.execute(store)).rows).toEqual([{ one: 1 }])
    await store.close()
    for (const client of clients) client.destroy()
    slow.close()
  })

  test('a server that cannot be reached is reported after the time limit, without its address', async () => {
    const attempt = open({ startTimeoutMs: 30 }, 'postgres://u:secret@127.0.0.1:1/db')
    await expect(attempt).rejects.toMatchObject({
      code: 'unavailable',
      message: 'The database of service "special" cannot be reached.',
    })
  })

  test('whoever waits for a database at the start is told what for, once', async () => {
    errors.length = 0
    await expect(open({ startTimeoutMs: 4_000 }, 'postgres://u:secret@127.0.0.1:1/db')).rejects.toThrow(
      /cannot be reached/,
    )
    const told =
      'The database of service "special" cannot be reached yet (ECONNREFUSED); it is waited for, 4 s at most.'
    expect(errors.map(String)).toEqual([`ServiceError: ${told}`])
    errors.length = 0
  })

  test('opening is given up when its signal aborts', async () => {
    const reason = new Error('stop')
    const attempt = postgres({}).open({
      service: 'special',
      connection: 'postgres://u@127.0.0.1:1/db',
      platform: systemPlatform(),
      onError: () => {},
      signal: AbortSignal.abort(reason),
    })
    await expect(attempt).rejects.toBe(reason)
  })

  async function countRunning(store: SqlStore<Record<never, never>>, statement: string): Promise<number> {
    const { rows } = await sql<{ total: number }>`
      select count(*) as total from pg_stat_activity
      where state = 'active' and query like ${`%${statement}%`} and pid <> pg_backend_pid()`.execute(store)
    return rows[0]?.total ?? 0
  }

  async function untilRunning(store: SqlStore<Record<never, never>>, statement: string): Promise<void> {
    await expect.poll(() => countRunning(store, statement)).toBe(1)
  }
})
