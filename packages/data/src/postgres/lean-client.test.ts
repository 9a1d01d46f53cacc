import { systemPlatform } from '@holon/contract/system-platform'
import { Client, Pool } from 'pg'
import Cursor from 'pg-cursor'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

import { startTestPostgres, type TestPostgres } from '../fixtures/test-postgres.ts'
import { StoreHealth } from '../store-health.ts'
import { kept, withCommit } from './kept-statements.ts'
import { LeanClient } from './lean-client.ts'
import { statementFailures } from './statement-failures.ts'

let server: TestPostgres
let pool: Pool
let messages = 0
let lean: LeanClient
beforeAll(async () => {
  server = await startTestPostgres()
  pool = new Pool({ connectionString: await server.newDatabase(), max: 1 })
  pool.on('error', () => {}) // The server stops before the last connection has gone.
  await pool.query('create table notes (n integer primary key, text text not null)')
  await pool.query('create table later (n integer unique deferrable initially deferred)')
})
afterAll(async () => {
  await pool.end()
  await server.close()
})
beforeEach(async () => {
  await pool.query('truncate notes, later')
  const client = await pool.connect()
  const send = client.query.bind(client) as (...args: unknown[]) => unknown
  messages = 0
  Reflect.set(client, 'query', (...args: unknown[]) => {
    messages += 1
    return send(...args)
  })
  lean = new LeanClient(client, failures)
  return () => {
    Reflect.set(client, 'query', send)
    lean.release()
  }
})

const platform = systemPlatform()
const failures = statementFailures({ service: 'lean', platform, health: new StoreHealth(platform), silentAfterMs: 0 })
const insert = 'insert into notes (n, text) values ($1, $2)'
const note = (n: number, text = insert): Promise<unknown> => lean.query(text, [n, 'a'])

/** What is committed, as another session sees it. */
async function committed(): Promise<unknown[]> {
  // No pool: the end of one is not the end of its connection, which the server's own would then break.
  const other = new Client({ connectionString: String(pool.options.connectionString) })
  await other.connect()
  const { rows } = await other.query<{ n: number }>('select n from notes order by n')
  await other.end()
  return rows.map(({ n }) => n)
}

/** Whether the connection is good for another transaction, and nothing else was committed before. */
async function works(n: number): Promise<void> {
  await lean.query('begin', [])
  await note(n)
  await lean.query('commit', [])
  expect(await committed()).toStrictEqual([n])
}

test('begin goes with the first statement, and the last with the commit: two messages instead of four', async () => {
  await lean.query('begin', [])
  expect(await lean.query(`${insert} returning n, text`, [1, 'b'])).toMatchObject({
    command: 'INSERT',
    rowCount: 1,
    rows: [{ n: 1, text: 'b' }],
  })
  await note(2, withCommit + insert)
  expect(await committed()).toStrictEqual([])
  expect(await lean.query('commit', [])).toMatchObject({ command: 'COMMIT' })
  expect(messages).toBe(2)
  expect(await committed()).toStrictEqual([1, 2])
})

test('a transaction with a last statement alone is one message, and one with nothing is none', async () => {
  await lean.query('begin', [])
  await lean.query('commit', [])
  await lean.query('begin', [])
  await lean.query('rollback', [])
  expect(messages).toBe(0)
  await lean.query('begin', [])
  await note(1, withCommit + insert)
  await lean.query('commit', [])
  expect(messages).toBe(1)
  expect(await committed()).toStrictEqual([1])
})

test('what comes after the last statement finds it done', async () => {
  await lean.query('begin', [])
  await note(1, withCommit + insert)
  await note(2, withCommit + insert)
  const { rows } = await lean.query<{ n: number }>('select n from notes order by n', [])
  expect(rows).toStrictEqual([{ n: 1 }, { n: 2 }])
  await lean.query('rollback', [])
  expect(await committed()).toStrictEqual([])
})

test('a last statement that fails commits nothing', async () => {
  await lean.query('begin', [])
  await note(1)
  await note(1, withCommit + insert)
  await expect(lean.query('commit', [])).rejects.toMatchObject({ code: '23505' })
  await lean.query('rollback', [])
  expect(await committed()).toStrictEqual([])
  await works(3)
})

test('a commit that fails after the last statement commits nothing', async () => {
  await lean.query('begin', [])
  await lean.query('insert into later (n) values ($1), ($1)', [7])
  await note(1, withCommit + insert)
  await expect(lean.query('commit', [])).rejects.toMatchObject({ code: '23505' })
  await lean.query('rollback', [])
  expect(await committed()).toStrictEqual([])
})

test.each([
  ['with parameters', (): Promise<unknown> => note(1)],
  ['without', (): Promise<unknown> => lean.query("insert into notes (n, text) values (1, 'a')", [])],
])('a first statement %s is not executed if the begin fails', async (_, first) => {
  await lean.query('start transaction isolation level none such', [])
  await expect(first()).rejects.toMatchObject({ code: '42601' })
  await lean.query('rollback', [])
  expect(await committed()).toStrictEqual([])
})

test('a first statement that fails leaves a transaction to be rolled back, like any other', async () => {
  await lean.query('begin', [])
  await expect(lean.query('select * from nowhere where n = $1', [1])).rejects.toMatchObject({ code: '42P01' })
  await expect(note(1)).rejects.toMatchObject({ code: '25P02' })
  await lean.query('rollback', [])
  await works(2)
})

test('several statements in one text are executed as before', async () => {
  await lean.query('start transaction read only', [])
  expect(await lean.query('select 1 as one', [])).toMatchObject({ command: 'SELECT', rows: [{ one: 1 }] })
  await lean.query('rollback', [])
  await lean.query('begin', [])
  const both = await lean.query("insert into notes values (1, 'a'); insert into notes values (2, 'b')", [])
  expect(both).toMatchObject([{ command: 'INSERT' }, { command: 'INSERT' }])
  await lean.query('commit', [])
  expect(await committed()).toStrictEqual([1, 2])
})

test('rows can be read one by one in a transaction, first and later', async () => {
  await lean.query('begin', [])
  for (let turn = 0; turn < 2; turn += 1) {
    const cursor = new Cursor<{ i: number }>('select i from generate_series(1, $1::int) as i', [5])
    const opened = lean.query<{ i: number }>(cursor)
    expect(await opened.read(3)).toHaveLength(3)
    expect(await opened.read(3)).toHaveLength(2)
    await opened.close()
  }
  await note(1)
  await lean.query('rollback', [])
  expect(await committed()).toStrictEqual([])
})

test('a cursor is not executed if the begin before it fails', async () => {
  await lean.query('start transaction isolation level none such', [])
  const cursor = new Cursor<object>("insert into notes values (1, 'a') returning n", [])
  await expect(lean.query<object>(cursor).read(1)).rejects.toMatchObject({ code: '42601' })
  await lean.query('rollback', [])
  expect(await committed()).toStrictEqual([])
})

test('what comes after the end of a transaction is not executed, until the next one begins', async () => {
  for (const end of ['rollback', 'commit']) {
    await lean.query('begin', [])
    await lean.query('select $1::int', [1])
    const ended = lean.query(end, [])
    await expect(note(1)).rejects.toThrow('has ended')
    await ended
    await expect(note(1)).rejects.toThrow('has ended')
  }
  await works(2)
})

/** Of the statements that the server keeps for the connection: their texts, and how often they were executed. */
async function keptTexts(): Promise<Record<string, unknown>> {
  await lean.query('begin', [])
  const { rows } = await lean.query<{ statement: string; times: string }>(
    'select statement, generic_plans + custom_plans as times from pg_prepared_statements',
    [],
  )
  await lean.query('rollback', [])
  return Object.fromEntries(rows.map(({ statement, times }) => [statement, Number(times)]))
}

/** Executes it in a transaction of its own. */
async function noteAlone(n: number, text: string): Promise<void> {
  await lean.query('begin', [])
  try {
    await note(n, text)
    await lean.query('commit', [])
  } catch (error) {
    await lean.query('rollback', [])
    throw error
  }
}

test('a statement that comes again and again is parsed once, alone and with begin and commit around it', async () => {
  const texts = [`${kept}${insert} -- 1`, `${withCommit}${insert} -- 2`] as const
  for (const n of [1, 2, 3]) await note(n, texts[0])
  for (const n of [11, 12, 13]) await noteAlone(n, texts[0])
  for (const n of [21, 22, 23]) await noteAlone(n, texts[1])
  expect(await committed()).toStrictEqual([1, 2, 3, 11, 12, 13, 21, 22, 23])
  expect(await keptTexts()).toMatchObject({ [texts[0]]: 6, [texts[1]]: 3 })
})

test('where the server has lost one, as behind a pooler, that fails once, and none is kept any more', async () => {
  await note(1, kept + insert)
  await lean.query('deallocate all', [])
  await expect(note(2, kept + insert)).rejects.toMatchObject({ code: '26000' })
  await note(3, kept + insert)
  await noteAlone(4, kept + insert)
  await noteAlone(5, withCommit + insert)
  expect(await committed()).toStrictEqual([1, 3, 4, 5])
  expect(await keptTexts()).toStrictEqual({})
})

test('one whose first transaction did not begin, or that failed by itself, is executed the next time', async () => {
  const text = `${kept}insert into notes (text, n) values ($2, $1)`
  await lean.query('start transaction isolation level none such', [])
  await expect(note(1, text)).rejects.toMatchObject({ code: '42601' })
  await lean.query('rollback', [])
  await noteAlone(2, text)
  await expect(noteAlone(2, text)).rejects.toMatchObject({ code: '23505' })
  await noteAlone(3, text)
  expect(await committed()).toStrictEqual([2, 3])
  expect(await keptTexts()).toMatchObject({ [text]: 1 })
})

test('a hundred are kept; others are sent each time', async () => {
  for (let n = 0; n < 130; n += 1) await note(n, `${kept}insert into notes (n, text) values ($1, $2) -- ${n}`)
  expect(await committed()).toHaveLength(130)
  const texts = Object.keys(await keptTexts()).filter((text) => text.includes(' -- '))
  expect(texts.length).toBeLessThanOrEqual(102)
  expect(texts.length).toBeGreaterThan(90)
})
