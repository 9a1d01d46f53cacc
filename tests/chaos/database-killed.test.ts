import { afterEach, beforeEach, expect, test } from 'vitest'

import { createPlayground, eventually, type Playground, readStatus } from '../support/holon-process.ts'

let playground: Playground

beforeEach(() => {
  playground = createPlayground('ledger')
})

afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

async function add(): Promise<{ readonly lines: number; readonly server: string } | undefined> {
  const { code, stdout } = await playground.run(['call', 'ledger.add'])
  return code === 0 ? (JSON.parse(stdout) as { lines: number; server: string }) : undefined
}

test('the embedded database outlives no supervisor that is killed, and its data outlive both', async () => {
  const holon = playground.start(['start'])
  await holon.until(/Setting up PostgreSQL/, { timeoutMs: 40_000 })
  await holon.until(/ledger is ready in/, { timeoutMs: 40_000 })
  expect(await add()).toMatchObject({ lines: 1 })
  const { database } = await readStatus(playground)
  expect(playground.survivors()).toContain(database?.pid)
  holon.signal('SIGKILL')
  await playground.untilNothingRuns(30_000)
  const again = playground.start(['start'])
  await again.until(/ledger is ready in/, { timeoutMs: 40_000 })
  expect(await add()).toMatchObject({ lines: 2 })
  again.signal('SIGTERM')
  expect(await again.ended(30_000)).toBe(0)
  expect(playground.survivors()).toEqual([])
})

test('a database server that is killed comes back, and its services with it', async () => {
  const holon = playground.start(['start'])
  await holon.until(/ledger is ready in/, { timeoutMs: 40_000 })
  const before = await add()
  const { database } = await readStatus(playground)
  const from = holon.output().length
  process.kill(database?.pid ?? 0, 'SIGKILL')
  await holon.until(/postgres ready: pid \d+/, { from, timeoutMs: 40_000 })
  const after = await eventually(add, 30_000)
  expect(after.lines).toBeGreaterThan(before?.lines ?? 0)
  expect(after.server).not.toBe(before?.server)
})
