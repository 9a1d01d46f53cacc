import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { afterAll, expect, it } from 'vitest'

const run = promisify(execFile)
// The server keeps its data below the working directory.
const cwd = mkdtempSync(join(tmpdir(), 'holon-node-test-'))
afterAll(() => rmSync(cwd, { recursive: true, maxRetries: 5 }))
const folder = fileURLToPath(new URL('./fixtures/node-run/', import.meta.url))

async function nodeTest(
  files: readonly string[],
  options: readonly string[] = [],
): Promise<{ code: number; output: string }> {
  const { NODE_OPTIONS: _options, NODE_TEST_CONTEXT: _context, ...env } = process.env
  const args = ['--test', '--test-reporter=tap', ...options, ...files.map((file) => `${folder}${file}`)]
  return run(process.execPath, args, { env, cwd }).then(
    ({ stdout }) => ({ code: 0, output: stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, output: error.stdout }),
  )
}

it('works under the test runner of Node, with one PostgreSQL for all files', { timeout: 60_000 }, async () => {
  const setup = fileURLToPath(import.meta.resolve('@holon/testing/shared-postgres'))
  const { code, output } = await nodeTest(['good.fixture.ts'], [`--test-global-setup=${setup}`])
  expect(output).toContain('ok 1 - a test app runs under the test runner of Node')
  expect({ code, output }).toMatchObject({ code: 0 })
})

it('a broken fake fails the test there, too', async () => {
  const { code, output } = await nodeTest(['broken.fixture.ts'])
  expect(output).toContain('not ok 1 - a fake that breaks its contract fails the test, although nobody minds the call')
  expect(output).toContain('payments.charge, called by orders: The output of payments.charge does not match')
  expect(code).toBe(1)
})
