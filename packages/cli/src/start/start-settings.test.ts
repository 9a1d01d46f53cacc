import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { testHost } from '../fixtures/test-host.ts'
import { runCommand } from '../main.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holon-settings-'))
  writeFileSync(join(folder, 'holon.config.ts'), '')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** What is said of a setting that cannot be, before anything starts. */
async function refused(command: 'dev' | 'start', environment: Readonly<Record<string, string>>): Promise<string> {
  const { host, written } = testHost([command], folder)
  expect(await runCommand({ ...host, environment })).toBe(2)
  return written().stderr
}

test.each(['HOLON_LOG_LEVEL', 'PORT', 'HOLON_ADMIN_PORT'])(
  'in development, %s counts from .env where the real environment says nothing of it',
  async (name) => {
    writeFileSync(join(folder, '.env'), `${name}=from-file\n`)
    expect(await refused('dev', {})).toContain(`${name} is 'from-file'`)
    expect(await refused('dev', { [name]: 'from-shell' })).toContain(`${name} is 'from-shell'`)
  },
)

test('elsewhere .env does not count', async () => {
  writeFileSync(join(folder, '.env'), 'HOLON_LOG_LEVEL=from-file\n')
  expect(await refused('start', { PORT: 'from-shell' })).toContain("PORT is 'from-shell'")
})

test('a data folder that only holon dev would find is refused', async () => {
  writeFileSync(join(folder, '.env'), 'HOLON_DATA=elsewhere\n')
  expect(await refused('dev', {})).toMatch(/HOLON_DATA is 'elsewhere' in .*\.env.*Set it in the shell, or use --data\./)
  expect(await refused('dev', { HOLON_DATA: join(folder, 'data'), PORT: 'x' })).toContain("PORT is 'x'")
})
