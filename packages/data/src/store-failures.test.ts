import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

import type { Code } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { isSerializationFailure } from './constraint-errors.ts'
import { temporaryDirectory } from './fixtures/temporary-directory.ts'
import { startTestPostgres, type TestPostgres } from './fixtures/test-postgres.ts'
import { postgres } from './postgres/index.ts'
import { postgresFailure } from './postgres/postgres-failure.ts'
import { sqlite } from './sqlite/index.ts'
import { sqliteFailure } from './sqlite/sqlite-failure.ts'
import { storeFailure } from './store-failures.ts'
import type { SqlStore } from './store.ts'

const directory = temporaryDirectory()
let server: TestPostgres
let url: string
let store: SqlStore<object>
const open = (connection: string): Promise<SqlStore<object>> =>
  postgres<object>().open({ service: 'failing', connection, platform: systemPlatform(), onError: () => {} })
beforeAll(async () => {
  server = await startTestPostgres()
  url = await server.newDatabase()
  store = await open(url)
})
afterAll(async () => {
  await store.close()
  await server.close()
  directory.dispose()
})

const failureOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('what PostgreSQL fails with reaches the caller as', () => {
  const states: readonly (readonly [state: string, name: string, code: Code | undefined])[] = [
    ['08006', 'connection_failure', 'unavailable'],
    ['22021', 'character_not_in_repertoire', 'invalid_argument'],
    ['25006', 'read_only_sql_transaction', 'unavailable'],
    ['40001', 'serialization_failure', 'aborted'],
    ['40P01', 'deadlock_detected', 'aborted'],
    ['53000', 'insufficient_resources', 'resource_exhausted'],
    ['53100', 'disk_full', 'resource_exhausted'],
    ['53200', 'out_of_memory', 'resource_exhausted'],
    ['53300', 'too_many_connections', 'resource_exhausted'],
    ['55P03', 'lock_not_available', 'aborted'],
    ['57014', 'query_canceled', 'deadline_exceeded'],
    ['57P01', 'admin_shutdown', 'unavailable'],
    ['57P02', 'crash_shutdown', 'unavailable'],
    ['57P03', 'cannot_connect_now', 'unavailable'],
    ['58030', 'io_error', 'unavailable'],
    ['XX001', 'data_corrupted', 'data_loss'],
    ['08P01', 'protocol_violation', undefined],
    ['22003', 'numeric_value_out_of_range', undefined],
    ['23505', 'unique_violation', undefined],
    ['42601', 'syntax_error', undefined],
    ['54001', 'statement_too_complex', undefined],
    ['XX000', 'internal_error', undefined],
  ]
  test.each(states)('%s %s: %s, in a transaction and outside, read and streamed', async (state, _name, code) => {
    const raise = sql<object>`(select ${sql.raw(`pg_temp.fail_${state.toLowerCase()}()`)} as n)`
    const define = sql.raw(
      `create function pg_temp.fail_${state.toLowerCase()}() returns int language plpgsql as
       $$ begin raise exception 'secret' using errcode = '${state}'; end $$`,
    )
    const inTransaction = store.transaction(async (tx) => {
      await define.execute(tx)
      await raise.execute(tx)
    })
    const outside = sql.raw(`do $$ begin raise exception 'secret' using errcode = '${state}'; end $$`).execute(store)
    const streamed = store.transaction(async (tx) => {
      await define.execute(tx)
      for await (const _row of tx.selectFrom(raise.as('failing')).selectAll().stream());
    })
    for (const error of await Promise.all([inTransaction, outside, streamed].map(failureOf))) {
      expect(error).toMatchObject(code === undefined ? { code: state } : { code, cause: { code: state } })
      const message = error instanceof Error ? error.message : ''
      expect(message).toMatch(code === undefined ? /secret/ : new RegExp(`service "failing".*${state}`))
      expect(message.includes('secret')).toBe(code === undefined)
      expect(isSerializationFailure(error)).toBe(state.startsWith('400') || state === '40P01')
    }
  })

  test.each(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND'])(
    'unavailable, where the network says %s',
    (code) => {
      const kind = postgresFailure(Object.assign(new Error('a host'), { code }))
      expect(kind && storeFailure('failing', kind, {}).code).toBe('unavailable')
    },
  )

  test('nothing else is made of what is no failure of the database', () => {
    for (const error of [undefined, 'text', new Error('Connections'), Object.assign(new Error(), { code: 'EPERM' })])
      expect(postgresFailure(error)).toBeUndefined()
  })
})

test('a database that has become read-only is told to callers and to readiness until it takes changes again', async () => {
  const database = await server.newDatabase()
  const name = new URL(database).pathname.slice(1)
  const before = await open(database)
  await sql`create table notes (n integer)`.execute(before)
  await sql.raw(`alter database "${name}" set default_transaction_read_only = on`).execute(before)
  const during = await open(database)
  const insert = sql`insert into notes values (1)`
  await expect(insert.execute(during)).rejects.toMatchObject({ code: 'unavailable', message: /read-only/ })
  await expect(during.ping()).rejects.toMatchObject({ code: 'unavailable', message: /read-only/ })
  await sql`set session characteristics as transaction read write`.execute(during)
  await insert.execute(during)
  await during.ping()
  await Promise.all([before.close(), during.close()])
})

test('a failure that no change disproves is forgotten after half a minute, so that calls can come again', async () => {
  let offsetMs = 0
  const platform = { ...systemPlatform(), monotonicMs: () => systemPlatform().monotonicMs() + offsetMs }
  const tried = await postgres<object>().open({ service: 'failing', connection: url, platform, onError: () => {} })
  await failureOf(sql`do $$ begin raise exception using errcode = '53100'; end $$`.execute(tried))
  await expect(tried.ping()).rejects.toMatchObject({ code: 'resource_exhausted' })
  offsetMs = 31_000
  await tried.ping()
  await tried.close()
})

describe('what sqlite fails with reaches the caller as', () => {
  const results: readonly (readonly [code: number, name: string, expected: Code | undefined])[] = [
    [1, 'ERROR', undefined],
    [3, 'PERM', 'unavailable'],
    [5, 'BUSY', 'aborted'],
    [517, 'BUSY_SNAPSHOT', 'aborted'],
    [6, 'LOCKED', 'aborted'],
    [7, 'NOMEM', 'resource_exhausted'],
    [8, 'READONLY', 'unavailable'],
    [1032, 'READONLY_DBMOVED', 'unavailable'],
    [10, 'IOERR', 'unavailable'],
    [778, 'IOERR_WRITE', 'unavailable'],
    [4874, 'IOERR_SHMSIZE', 'unavailable'],
    [11, 'CORRUPT', 'data_loss'],
    [13, 'FULL', 'resource_exhausted'],
    [14, 'CANTOPEN', 'unavailable'],
    [15, 'PROTOCOL', 'aborted'],
    [18, 'TOOBIG', undefined],
    [19, 'CONSTRAINT', undefined],
    [2067, 'CONSTRAINT_UNIQUE', undefined],
    [20, 'MISMATCH', undefined],
    [26, 'NOTADB', 'data_loss'],
  ]
  test.each(results)('%s SQLITE_%s: %s', (errcode, _name, expected) => {
    const error = Object.assign(new Error('at /a/path'), { code: 'ERR_SQLITE_ERROR', errcode, errstr: 'short' })
    const kind = sqliteFailure(error)
    expect(kind && storeFailure('failing', kind, { cause: error }).code).toBe(expected)
  })

  test('unavailable, naming no path, where the file cannot be opened', async () => {
    const connection = join(directory.path, 'a-folder')
    mkdirSync(connection)
    const opening = sqlite<object>().open({
      service: 'failing',
      connection,
      platform: systemPlatform(),
      onError: () => {},
    })
    const error = await failureOf(opening)
    expect(error).toMatchObject({ code: 'unavailable', message: /"failing" cannot read or write its files/ })
    expect(String(error)).not.toContain('a-folder')
  })
})
