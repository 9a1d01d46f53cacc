import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { temporaryDirectory } from './fixtures/temporary-directory.ts'
import { startTestPostgres, type TestPostgres } from './fixtures/test-postgres.ts'
import { zones } from './fixtures/type-cases.ts'

const run = promisify(execFile)
const worker = fileURLToPath(new URL('./fixtures/types-worker.ts', import.meta.url))
const directory = temporaryDirectory()
let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(async () => {
  await server.close()
  directory.dispose()
})

interface Compared {
  readonly zone: string
  readonly compared: number
  readonly wrong: readonly string[]
}

async function compare(kind: string, connection: string, zone: string): Promise<Compared> {
  const { stdout } = await run(process.execPath, [worker, kind, connection], { env: { ...process.env, TZ: zone } })
  return JSON.parse(stdout) as Compared
}

describe('values of every type are read and written by the table of types, in every query', () => {
  test.each(zones)('on postgres, where the clock stands at %s', async (zone) => {
    const { wrong, compared } = await compare('postgres', await server.newDatabase(), zone)
    expect(wrong).toEqual([])
    expect(compared).toBeGreaterThan(1_000)
  })

  test.each(zones)('on sqlite, where the clock stands at %s', async (zone) => {
    const { wrong, compared } = await compare('sqlite', join(directory.path, `${zone.replace('/', '-')}.sqlite`), zone)
    expect(wrong).toEqual([])
    expect(compared).toBeGreaterThan(50)
  })
})
