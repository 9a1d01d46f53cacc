import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import {
  applyMessage,
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

const worker = fileURLToPath(new URL('../fixtures/entities-worker.ts', import.meta.url))
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

const rounds = 3
/** Of each kind, by each process, before it is killed. */
const leastCommits = 2
const messages = 200

const engines = [
  { name: 'postgres', connect: () => server.newDatabase() },
  { name: 'sqlite', connect: async () => join(directory.path, `${randomUUID()}.sqlite`) },
] as const

describe.each(engines)('processes that are killed on $name', ({ name, connect }) => {
  let connection: string
  let store: EntityStore
  beforeAll(async () => {
    connection = await connect()
    store = await openEntities(name, connection, migrations)
  })
  afterAll(() => store.close())

  /** Resolves when the process has told of a few commits of both kinds; it is in whatever it is doing then. */
  const startWorker = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [worker, name, connection, migrations, String(messages)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let changed = 0
    let applied = 0
    await new Promise<void>((resolve) => {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line === 'changed') changed += 1
        else applied += 1
        if (changed >= leastCommits && applied >= leastCommits) resolve()
      })
    })
    return child
  }

  test('leave in the outbox what they committed and nothing else, and no message applied twice', async () => {
    const kept: StoredRecord[] = []
    let woken = 0
    const stop = store.events.onAppend(() => (woken += 1))
    for (let round = 0; round < rounds; round += 1) {
      const children = await Promise.all([startWorker(), startWorker()])
      for (const child of children) {
        await relayStep(store, kept, 5)
        await pause(Math.random() * 30)
        const gone = once(child, 'exit')
        child.kill('SIGKILL')
        expect(await gone).toStrictEqual([null, 'SIGKILL']) // and had not ended by itself
      }
    }
    stop()
    while ((await relayStep(store, kept, 500)) > 0);
    expect(await relayMistakes(store, kept)).toStrictEqual([])
    // Two processes a round, two records a change.
    expect(kept.length).toBeGreaterThanOrEqual(rounds * 2 * leastCommits * 2)
    expect(woken).toBeGreaterThan(0)
    expect([...(await effectCounts(store)).values()].filter((count) => count !== 1)).toStrictEqual([])
    for (let id = 0; id < messages; id += 1) await applyMessage(store, `message ${id}`, async () => {})
    const counts = await effectCounts(store)
    expect(counts.size).toBe(messages)
    expect([...counts.values()].filter((count) => count !== 1)).toStrictEqual([])
  }, 120_000)
})
