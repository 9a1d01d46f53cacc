import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { sqliteFiles } from './sqlite-files.ts'

test('each service has a file of its own in a private folder; other kinds of stores have none', async () => {
  const dataFolder = mkdtempSync(join(tmpdir(), 'holon-provide-'))
  const files = sqliteFiles(dataFolder)
  expect(await files.provide('stock', 'sqlite')).toBe(join(dataFolder, 'sqlite/stock.db'))
  expect(statSync(join(dataFolder, 'sqlite')).mode & 0o777).toBe(0o700)
  expect(await files.provide('stock', 'postgres')).toBeUndefined()
  rmSync(dataFolder, { recursive: true })
})
