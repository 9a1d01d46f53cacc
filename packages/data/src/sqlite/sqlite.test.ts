import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { delay } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { sql } from 'kysely'
import { afterAll, describe, expect, test } from 'vitest'

import { type ConformanceDb, conformanceSchema } from '../fixtures/conformance-db.ts'
import { describeStore } from '../fixtures/store-conformance.ts'
import { migrationsFolder, temporaryDirectory } from '../fixtures/temporary-directory.ts'
import type { SqlStore } from '../store.ts'
import { sqlite, type SqliteOptions } from './index.ts'

const run = promisify(execFile)
const worker = fileURLToPath(new URL('../fixtures/increment-worker.ts', import.meta.url))
const directory = temporaryDirectory()
afterAll(() => directory.dispose())

const newFile = (): string => join(directory.path, 'deep', `${randomUUID()}.sqlite`)

describeStore('sqlite', {
  define: (migrations) => sqlite<ConformanceDb>({ migrations }),
  newConnection: async () => newFile(),
  changeWithoutRoom: (store) =>
    store.transaction(async (tx) => {
      await sql`pragma max_page_count = 1`.execute(tx) // as few as there are already
      try {
        await sql`create table larger (text text)`.execute(tx)
      } finally {
        await sql`pragma max_page_count = 9999`.execute(tx)
      }
    }),
})

describe('what is special about sqlite', () => {
  const open = async (options: SqliteOptions = {}, file = newFile()): Promise<SqlStore<ConformanceDb>> => {
    const migrations = await migrationsFolder(directory.path, { '0001-counters.sql': conformanceSchema })
    const definition = sqlite<ConformanceDb>({ migrations, ...options })
    const store = await definition.open({
      service: 'counting',
      connection: file,
      platform: systemPlatform(),
      onError: () => {},
    })
    await store
      .insertInto('counters')
      .values({ id: 'a', n: 0 })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return store
  }

  const increment = (store: SqlStore<ConformanceDb>): Promise<unknown> =>
    store
      .updateTable('counters')
      .set((e) => ({ n: e('n', '+', 1) }))
      .execute()

  const counterOf = async (store: SqlStore<ConformanceDb>): Promise<number> =>
    (await store.selectFrom('counters').select('n').executeTakeFirstOrThrow()).n

  test('the file is in WAL mode, synced in full, with foreign keys on', async () => {
    const file = newFile()
    const store = await open({}, file)
    const pragmas = await Promise.all(
      ['journal_mode', 'synchronous', 'foreign_keys'].map(async (name) => {
        const { rows } = await sql<Record<string, unknown>>`${sql.raw(`pragma ${name}`)}`.execute(store)
        return rows[0]?.[name]
      }),
    )
    expect(pragmas).toEqual(['wal', 2, 1])
    await store.close()
  })

  test('a write through the store inside of a transaction is refused in bounded time, saying what to do', async () => {
    const store = await open({ lockTimeoutMs: 60 })
    const refusal = { code: 'aborted', message: expect.stringContaining('inside of one use tx, not ctx.store') }
    await store.transaction(async () => {
      await expect(increment(store)).rejects.toMatchObject(refusal)
      await expect(store.transaction(async () => 1)).rejects.toMatchObject(refusal)
    })
    await increment(store)
    expect(await counterOf(store)).toBe(1)
    await store.close()
  })

  test('with one connection only, any use of the store inside of a transaction is refused in bounded time', async () => {
    const store = await open({ acquireTimeoutMs: 60 }, ':memory:')
    await store.transaction(async (tx) => {
      await tx.updateTable('counters').set({ n: 3 }).execute()
      await expect(counterOf(store)).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('use ctx.store instead of tx'),
      })
    })
    expect(await counterOf(store)).toBe(3)
    await store.close()
  })

  test('writes wait for a transaction of another connection to the file without stopping the process', async () => {
    const file = newFile()
    const [one, other] = [await open({}, file), await open({}, file)]
    const begun = Promise.withResolvers<undefined>()
    const proceed = Promise.withResolvers<undefined>()
    const transaction = one.transaction(async (tx) => {
      await tx.updateTable('counters').set({ n: 10 }).execute()
      begun.resolve(undefined)
      await proceed.promise
    })
    await begun.promise
    const write = increment(other)
    const waited = await Promise.race([write.then(() => false), delay(systemPlatform(), 20).then(() => true)])
    expect(waited).toBe(true)
    proceed.resolve(undefined)
    await Promise.all([transaction, write])
    expect(await counterOf(one)).toBe(11)
    await Promise.all([one.close(), other.close()])
  })

  test('processes that read and write the same row at the same time lose nothing', async () => {
    const file = newFile()
    const store = await open({}, file)
    await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, [worker, file, '25'], { timeout: 25_000 })))
    expect(await counterOf(store)).toBe(100)
    await store.close()
  })

  test('what was committed survives SIGKILL of the process', async () => {
    const file = newFile()
    await (await open({}, file)).close()
    const child = spawn(process.execPath, [worker, file, '100000'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let acknowledged = 0
    const lines = createInterface({ input: child.stdout }).on('line', (line) => {
      acknowledged = Number(line)
      if (acknowledged === 20) child.kill('SIGKILL')
    })
    await once(lines, 'close')
    expect(acknowledged).toBeGreaterThanOrEqual(20)
    const store = await open({}, file)
    expect(await counterOf(store)).toBeGreaterThanOrEqual(acknowledged)
    expect(await counterOf(store)).toBeLessThanOrEqual(acknowledged + 1)
    await store.close()
  })

  test('booleans are stored as numbers, and values that sqlite cannot hold are refused with the alternative', async () => {
    const store = await open()
    const { rows } = await sql`select ${true} as yes, ${false} as no, ${null} as none, ${5n} as big`.execute(store)
    expect(rows).toStrictEqual([{ yes: 1, no: 0, none: null, big: 5 }])
    await expect(sql`select ${new Date(0)}`.execute(store)).rejects.toThrow(/Parameter 1 .* a Date: store toISOString/)
    await expect(sql`select ${{ a: 1 }}`.execute(store)).rejects.toThrow(/JSON.stringify/)
    await store.close()
  })

  test('a statement that rolls the transaction back itself does not hide its error', async () => {
    const store = await open()
    const attempt = store.transaction((tx) => sql`insert or rollback into counters values ('a', 1)`.execute(tx))
    await expect(attempt).rejects.toThrow(/UNIQUE constraint failed/)
    await increment(store)
    expect(await counterOf(store)).toBe(1)
    await store.close()
  })

  test('rows can be streamed while others write', async () => {
    const store = await open()
    await store
      .insertInto('counters')
      .values([
        { id: 'b', n: 1 },
        { id: 'c', n: 2 },
      ])
      .execute()
    const seen: number[] = []
    for await (const { n } of store.selectFrom('counters').select('n').orderBy('n').stream()) {
      seen.push(n)
      await increment(store)
    }
    expect(seen).toEqual([0, 1, 2])
    await store.close()
  })

  test('close ends a transaction that does not end by itself, and it leaves nothing', async () => {
    const file = newFile()
    const store = await open({ closeTimeoutMs: 30 }, file)
    const begun = Promise.withResolvers<undefined>()
    const attempt = store.transaction(
      async (tx) => {
        await tx.updateTable('counters').set({ n: 9 }).execute()
        begun.resolve(undefined)
        await new Promise(() => {})
      },
      { timeoutMs: 200 },
    )
    await begun.promise
    await Promise.all([expect(attempt).rejects.toMatchObject({ code: 'deadline_exceeded' }), store.close()])
    const database = new DatabaseSync(file)
    expect(database.prepare('select n from counters').get()).toMatchObject({ n: 0 })
    database.close()
  })

  test('a file that is no database is refused', async () => {
    await expect(open({}, fileURLToPath(import.meta.url))).rejects.toThrow(/file is not a database/)
  })
})
