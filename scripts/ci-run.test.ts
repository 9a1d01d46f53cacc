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
  test) [ "$HOLON_TEST_NO_SKIPS" = 1 ] || exit 9; case "$*" in *managers*) exit "$FAKE_MANAGERS" ;; esac; printf '%s\\n' "$FAKE_LINE"; exit "$FAKE_TEST" ;;
  run) echo 'some table'; [ "$2" = bench ] && exit "$FAKE_BENCH"; exit "$FAKE_VERIFY" ;;
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
  readonly managers?: number
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
      FAKE_MANAGERS: String(exits.managers ?? 0),
      FAKE_VERIFY: String(exits.verify ?? 0),
      FAKE_BENCH: String(exits.bench ?? 0),
      FAKE_LINE: '12 passed, 0 failed, 0 skipped',
    },
  })
  return { lastLine: stdout.trimEnd().split('\n').at(-1), exitCode: status }
}

test('CI passes when tests and checks pass, and ends with the count of the tests', () => {
  expect(runCi({})).toEqual({ lastLine: '12 passed, 0 failed, 0 skipped', exitCode: 0 })
})

test('CI fails when the tests fail', () => {
  expect(runCi({ test: 1 })).toEqual({ lastLine: '12 passed, 0 failed, 0 skipped', exitCode: 1 })
})

test('CI fails when an app that installs the packages does', () => {
  expect(runCi({ managers: 1 })).toEqual({ lastLine: '12 passed, 0 failed, 0 skipped', exitCode: 1 })
})

test('CI fails when a check fails, though all tests passed', () => {
  expect(runCi({ verify: 1 })).toEqual({ lastLine: '12 passed, 0 failed, 0 skipped', exitCode: 1 })
})

test('CI counts a failed installation as a failure', () => {
  expect(runCi({ ci: 1 })).toEqual({ lastLine: '0 passed, 1 failed, 0 skipped', exitCode: 1 })
})

test('CI is not judged by the benchmark', () => {
  expect(runCi({ bench: 1 })).toEqual({ lastLine: '12 passed, 0 failed, 0 skipped', exitCode: 0 })
})
