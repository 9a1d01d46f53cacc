import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createPlayground, type Playground } from '../support/holon-process.ts'

let playground: Playground

beforeEach(() => {
  playground = createPlayground('ledger')
})

afterEach(async () => {
  await playground.untilNothingRuns(10_000)
  await playground[Symbol.asyncDispose]()
})

test('a mistake in a migration is tried once and ends the start: file, line and what stands there', async () => {
  const file = join(playground.folder, 'services/ledger/migrations/0002-broken.sql')
  writeFileSync(file, '\ufeffcreate table pages (\r\n  number integer,\r\n  selct 1\r\n);\r\n')
  const { code, stderr, stdout } = await playground.run(['start'])
  expect(code).toBe(1)
  expect(stderr).toContain('0002-broken.sql:3:')
  expect(stdout.match(/main-1 failed/g)).toHaveLength(1) // in the log
  expect(stderr.match(/ {6}selct 1/g)).toHaveLength(1)
  expect(stderr).not.toContain('    at ')
})
