import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'

import { expect, test } from 'vitest'

import { systemReason } from './system-reason.ts'

function thrownBy(act: () => unknown): unknown {
  try {
    return act()
  } catch (error) {
    return error
  }
}

test('what the system refuses is told with what was tried, on what, and why', () => {
  const file = new URL(import.meta.url).pathname
  expect(systemReason(thrownBy(() => readFileSync('/nowhere/at/all')))).toBe(
    'open /nowhere/at/all: there is no such file or folder (ENOENT)',
  )
  expect(systemReason(thrownBy(() => mkdirSync(`${file}/below`)))).toBe(
    `mkdir ${file}/below: a part of the path is a file, and no folder (ENOTDIR)`,
  )
  expect(systemReason(thrownBy(() => readFileSync('/')))).toMatch(/: it is a folder, and no file \(EISDIR\)$/)
  expect(systemReason(spawnSync('no-such-program').error)).toBe(
    'spawnSync no-such-program: there is no such file or folder (ENOENT)',
  )
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' })
  expect(systemReason(full)).toBe('write: the disk is full (ENOSPC)')
})

test('what sqlite refuses is told, whatever else the code says', () => {
  expect(systemReason(thrownBy(() => new DatabaseSync('/nowhere/at/all.db')))).toMatch(
    /^the database file cannot be opened; .* \(sqlite: unable to open database file\)$/,
  )
  const shortWrite = Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: 10 | (3 << 8) })
  expect(systemReason(shortWrite)).toBe('the disk reports an error, or is full (sqlite: disk I/O error)')
})

test('of other errors a stack says more', () => {
  expect(systemReason(new TypeError('not a function'))).toBeUndefined()
  expect(systemReason(Object.assign(new Error('no'), { code: 'ERR_MODULE_NOT_FOUND' }))).toBeUndefined()
  expect(systemReason('EACCES')).toBeUndefined()
})
