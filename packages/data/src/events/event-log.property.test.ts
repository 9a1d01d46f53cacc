import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  applyMessage,
  change,
  effectCounts,
  entitiesSchema,
  type EntityStore,
  openEntities,
  relayMistakes,
  relayStep,
} from '../fixtures/entities.ts'
import { migrationsFolder, temporaryDirectory } from '../fixtures/temporary-directory.ts'
import { startTestPostgres, type TestPostgres } from '../fixtures/test-postgres.ts'
import type { StoredRecord } from './event-log.ts'

const directory = temporaryDirectory()
let server: TestPostgres
let migrations: string
beforeAll(async () => {
  server = await startTestPostgres()
  migrations = await migrationsFolder(directory.path, { '0001-entities.sql': entitiesSchema })
})
afterAll(async () => {
  await server.close()
  directory.dispose()
})

const engines = [
  { name: 'postgres', connect: () => server.newDatabase(), endings: ['commit', 'throw', 'crash'] },
  // A connection to a file cannot be cut; that a process dies is in killed.test.ts.
  {
    name: 'sqlite',
    connect: async () => join(directory.path, `${randomUUID()}.sqlite`),
    endings: ['commit', 'throw', 'commit'],
  },
] as const

const failure = new Error('thrown on purpose')
const parameters = { numRuns: 25, endOnFailure: false, interruptAfterTimeLimit: 25_000 } as const

describe.each(engines)('random histories on $name', ({ name, connect, endings }) => {
  /** Ends a transaction as the history says. */
  const end = async (tx: Parameters<typeof change>[1], ending: string): Promise<void> => {
    if (ending === 'throw') throw failure
    if (ending === 'crash') await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx)
  }
  const ending = fc.constantFrom(...endings)
  let store: EntityStore
  beforeAll(async () => {
    store = await openEntities(name, await connect(), migrations)
  })
  afterAll(() => store.close())

  test('relay exactly what was committed, each key in the order of its transactions', async () => {
    const transaction = fc.record({
      keys: fc
        .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 })
        .map((keys) => keys.toSorted()),
      ending,
      afterMs: fc.nat(6),
    })
    const history = fc.record({
      transactions: fc.array(transaction, { minLength: 1, maxLength: 30 }),
      batches: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 20 }),
    })
    /** Always among the histories, since those that are drawn may all be short. */
    const long = {
      transactions: Array.from({ length: 30 }, (_, i) => ({
        keys: ['a', 'b', 'c'],
        ending: endings[i % endings.length] ?? 'commit',
        afterMs: i % 7,
      })),
      batches: [1, 2, 3, 4, 5, 6, 7],
    }
    const committedOfLong = long.transactions.filter(({ ending: how }) => how === 'commit').length
    const kept: StoredRecord[] = []
    await fc.assert(
      fc.asyncProperty(history, async ({ transactions, batches }) => {
        const running = transactions.map(async ({ keys, ending: how, afterMs }) => {
          await pause(afterMs)
          await store.transaction(async (tx) => {
            for (const key of keys) await change(store, tx, key)
            await end(tx, how)
          })
        })
        const relaying = (async () => {
          for (const limit of batches) {
            await relayStep(store, kept, limit)
            await pause(1)
          }
        })()
        const outcomes = await Promise.allSettled([...running, relaying])
        while ((await relayStep(store, kept, 50)) > 0);
        const committed = outcomes.slice(0, -1).map(({ status }) => status === 'fulfilled')
        expect(committed).toStrictEqual(transactions.map(({ ending: how }) => how === 'commit'))
        expect(await relayMistakes(store, kept)).toStrictEqual([])
      }),
      { ...parameters, examples: [[long]] },
    )
    // Not in vain: a record for each key of a transaction.
    expect(kept.length).toBeGreaterThanOrEqual(committedOfLong * 3)
  })

  test('apply a message once, however many receive it at once and however often they fail', async () => {
    const attempt = fc.record({ message: fc.nat(3), ending, afterMs: fc.nat(3) })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 24 }), async (attempts) => {
        run += 1
        const idOf = (message: number): string => `${run}/${message}`
        await Promise.allSettled(
          attempts.map(async ({ message, ending: how, afterMs }) => {
            await pause(afterMs)
            await store.events.applyOnce({ subscription: 'effects', messageId: idOf(message) }, async (tx) => {
              await tx
                .insertInto('effects')
                .values({ message_id: idOf(message) })
                .execute()
              await end(tx, how)
            })
          }),
        )
        const counts = await effectCounts(store)
        const succeeding = new Set(attempts.filter(({ ending: how }) => how === 'commit').map(({ message }) => message))
        const expected = [0, 1, 2, 3].map((message) => (succeeding.has(message) ? 1 : undefined))
        expect([0, 1, 2, 3].map((message) => counts.get(idOf(message)))).toStrictEqual(expected)
        for (const message of [0, 1, 2, 3]) await applyMessage(store, idOf(message), async () => {})
        const after = await effectCounts(store)
        expect([0, 1, 2, 3].map((message) => after.get(idOf(message)))).toStrictEqual([1, 1, 1, 1])
      }),
      parameters,
    )
  })
})
