import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { root } from './workspaces.ts'

const folder = mkdtempSync(join(tmpdir(), 'holon-ci-'))

// Stands in for npm: each command prints and exits as the environment of the test says.
const npm = `#!/bin/sh
case "$1" in
  ci) exit "$FAKE_CI" ;;
  test) [ "$HOLON_TEST_NO_SKIPS" = 1 ] || exit 9; printf '✗ a test that failed\\n%s\\n' "$FAKE_LINE"; exit "$FAKE_TEST" ;;
  run)
    echo 'some table'
    case "$2" in
      test:long) [ "$HOLON_TEST_NO_SKIPS" = 1 ] || exit 9; echo '3 passed, 1 failed, 2 skipped'; exit "$FAKE_LONG" ;;
      bench) exit "$FAKE_BENCH" ;;
      *) exit "$FAKE_VERIFY" ;;
    esac ;;
esac
`

beforeAll(() => {
  writeFileSync(join(folder, 'npm'), npm)
  chmodSync(join(folder, 'npm'), 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function runCi(exits: {
  readonly ci?: number
  readonly test?: number
  readonly long?: number
  readonly verify?: number
  readonly bench?: number
}): {
  readonly lastLine: string | undefined
  readonly exitCode: number | null
} {
  const { stdout, status } = spawnSync(join(root, '.ci/run'), {
    encoding: 'utf8',
    env: {
      PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
      FAKE_CI: String(exits.ci ?? 0),
      FAKE_TEST: String(exits.test ?? 0),
      FAKE_LONG: String(exits.long ?? 0),
      FAKE_VERIFY: String(exits.verify ?? 0),
      FAKE_BENCH: String(exits.bench ?? 0),
      FAKE_LINE: '12 passed, 0 failed, 0 skipped',
    },
  })
  return { lastLine: stdout.trimEnd().split('\n').at(-1), exitCode: status }
}

test('CI passes when tests and checks pass, and ends with the count of all tests', () => {
  expect(runCi({})).toEqual({ lastLine: '15 passed, 1 failed, 2 skipped', exitCode: 0 })
})

test('CI fails when the tests fail', () => {
  expect(runCi({ test: 1 })).toEqual({ lastLine: '15 passed, 1 failed, 2 skipped', exitCode: 1 })
})

test('CI fails when a long test does', () => {
  expect(runCi({ long: 1 })).toEqual({ lastLine: '15 passed, 1 failed, 2 skipped', exitCode: 1 })
})

test('CI fails when a check fails, though all tests passed', () => {
  expect(runCi({ verify: 1 })).toEqual({ lastLine: '15 passed, 1 failed, 2 skipped', exitCode: 1 })
})

test('CI counts a failed installation as a failure', () => {
  expect(runCi({ ci: 1 })).toEqual({ lastLine: '0 passed, 1 failed, 0 skipped', exitCode: 1 })
})

test('CI is not judged by the benchmark', () => {
  expect(runCi({ bench: 1 })).toEqual({ lastLine: '15 passed, 1 failed, 2 skipped', exitCode: 0 })
})
