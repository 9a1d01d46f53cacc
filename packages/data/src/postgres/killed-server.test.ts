import { isServiceError } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@holon/postgres'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { temporaryDirectory } from '../fixtures/temporary-directory.ts'
import type { SqlStore } from '../store.ts'
import { postgres, type PostgresOptions } from './index.ts'

interface KilledDb {
  notes: { id: number }
}

const directory = temporaryDirectory()
let server: EmbeddedPostgres
let url: string

const start = (): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({ directory: directory.path, platform: systemPlatform(), onLog: () => {}, onError: () => {} })

const open = (options: PostgresOptions = {}): Promise<SqlStore<KilledDb>> =>
  postgres<KilledDb>(options).open({
    service: 'killed',
    connection: url,
    platform: systemPlatform(),
    onError: () => {},
  })

beforeAll(async () => {
  server = await start()
  url = await server.provision('killed')
  const store = await open()
  await sql`create table notes (id integer primary key)`.execute(store)
  await store.close()
})
afterAll(async () => {
  await server.close()
  directory.dispose()
})

const unsure = 'Whether the change was made is not known.'

function messageOf(error: unknown): string {
  expect(error).toMatchObject({ code: 'unavailable' })
  return isServiceError(error) ? error.message : ''
}

/** The process of the server that serves a transaction. */
async function processOf(tx: Parameters<Parameters<SqlStore<KilledDb>['transaction']>[0]>[0]): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
  return rows[0]?.pid ?? 0
}

test('the whole server killed under load: all work settles, nothing that was acknowledged is lost, nothing certainly undone is there', async () => {
  const store = await open({ maxConnections: 8 })
  const acknowledged: number[] = []
  const undone: number[] = []
  const unfounded: number[] = []
  let id = 0
  let down = false
  const work = async (): Promise<void> => {
    while (!down) {
      id += 1
      const own = id
      let committing = false
      try {
        await store.transaction(async (tx) => {
          await tx.insertInto('notes').values({ id: own }).execute()
          await sql`select pg_sleep(0.002)`.execute(tx)
          committing = true
        })
        acknowledged.push(own)
      } catch (error) {
        down = true
        const message = messageOf(error)
        if (!message.includes(unsure)) undone.push(own)
        else if (!committing) unfounded.push(own)
      }
    }
  }
  const working = Promise.all(Array.from({ length: 8 }, work))
  await expect.poll(() => acknowledged.length).toBeGreaterThan(50)
  process.kill(server.pid, 'SIGKILL')
  await server.exited
  await working
  await server.close()
  server = await start()
  await expect
    .poll(() =>
      store.ping().then(
        () => true,
        () => false,
      ),
    )
    .toBe(true)
  const kept = new Set((await store.selectFrom('notes').select('id').execute()).map((note) => note.id))
  expect(acknowledged.filter((each) => !kept.has(each))).toEqual([])
  expect(undone.filter((each) => kept.has(each))).toEqual([])
  expect(unfounded).toEqual([])
  await store.close()
})

test('a transaction whose connection breaks while it commits says that its outcome is not known', async () => {
  const store = await open()
  await sql
    .raw(`
    create table slow (n integer);
    create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(20); return new; end $$;
    create constraint trigger slowly after insert on slow deferrable initially deferred for each row execute function wait();
  `)
    .execute(store)
  const pid = Promise.withResolvers<number>()
  const attempt = store.transaction(async (tx) => {
    await sql`insert into slow values (1)`.execute(tx)
    pid.resolve(await processOf(tx))
  })
  const failed = attempt.then(String, messageOf)
  const committing = sql`select from pg_stat_activity where pid = ${await pid.promise} and query = 'commit'`
  await expect.poll(async () => (await committing.execute(store)).rows.length).toBe(1)
  await sql`select pg_terminate_backend(${await pid.promise})`.execute(store)
  expect(await failed).toContain(unsure)
  const inside = store.transaction(async (tx) => {
    await sql`select pg_terminate_backend(${await processOf(tx)})`.execute(tx)
  })
  expect(await inside.then(String, messageOf)).not.toContain(unsure)
  await store.ping()
  await store.close()
})

test('a server that goes silent in the middle of a statement is given up, and its connection with it', async () => {
  const store = await open({ statementTimeoutMs: 200, maxConnections: 1 })
  const other = await open()
  let pid = 0
  const attempt = store.transaction(async (tx) => {
    pid = await processOf(tx)
    process.kill(pid, 'SIGSTOP')
    await sql`select 1`.execute(tx)
  })
  try {
    const message = await attempt.then(String, messageOf)
    expect(message).toContain('does not answer')
    expect(message).not.toContain(unsure)
    // The one connection that there may be is a new one.
    expect((await sql`select 1 as one`.execute(store)).rows).toEqual([{ one: 1 }])
    await store.close()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  await other.ping()
  await other.close()
})
