import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import type { TestSummary } from './test-summary.ts'
import { root } from './workspaces.ts'

const folder = mkdtempSync(join(tmpdir(), 'holon-summary-'))
const fixtures = join(import.meta.dirname, 'fixtures/failing-run')
let exitCode: number | null
let summary: TestSummary

beforeAll(async () => {
  const file = join(folder, 'summary.json')
  const args = ['--reporter=../../test-summary.ts']
  exitCode = await new Promise((resolve) => {
    const vitest = [join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...args]
    const child = execFile(process.execPath, vitest, {
      cwd: fixtures,
      env: { PATH: process.env['PATH'], HOLON_TEST_SUMMARY: file, CHROMIUM_PATH: '/nowhere/chromium' },
    })
    child.once('close', resolve)
  })
  summary = JSON.parse(readFileSync(file, 'utf8')) as TestSummary
}, 60_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a run with failures exits with an error', () => {
  expect(exitCode).toBe(1)
})

test('passed tests are counted', () => {
  expect(summary.passed).toBe(2)
})

test('a failed test, a failed set-up, a file that does not load and an uncaught error are each named, with why', () => {
  expect(summary.failures.toSorted()).toEqual([
    'an error that no test caught: nobody awaits this',
    'broken.fixture.ts: this file does not load',
    'outcomes.fixture.ts > a suite whose set-up throws: set-up failed',
    'outcomes.fixture.ts > fails: expected 1 to be 2 // Object.is equality',
  ])
})

test('what was skipped, is to do, or never ran is named', () => {
  expect(summary.skipped.toSorted()).toEqual([
    'outcomes.fixture.ts > a suite whose set-up throws > never runs',
    'outcomes.fixture.ts > is skipped',
    'outcomes.fixture.ts > is still to do',
    'requirement.fixture.ts > the storefront [skipped: no chromium here; npm run services -- install chromium] > opens',
  ])
})
