import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect, test } from 'vitest'

const examples = join(import.meta.dirname, '../../examples')
const run = promisify(execFile)

// They are what `npm create holon` copies, so they have the tests that users get, for Node's own runner.
test.each([
  ['minimal', 3],
  ['shop-lite', 5],
  ['existing', 4],
])("the tests of examples/%s pass on Node's own runner", async (name, atLeast) => {
  // Of Vitest's variables some change what the runner does.
  const { PATH, HOME, TMPDIR } = process.env
  const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap'], {
    cwd: join(examples, name),
    env: { PATH, HOME, TMPDIR },
  })
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThanOrEqual(atLeast)
  expect(stdout).toContain('\n# fail 0\n')
  expect(stdout).toContain('\n# skipped 0\n')
})
