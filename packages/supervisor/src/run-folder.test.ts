import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { AlreadyRunning, readAdminAccess, takeRunFolder } from './run-folder.ts'

let data: string

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'holon-run-'))
})

afterEach(() => rmSync(data, { recursive: true }))

const access = { url: 'http://127.0.0.1:1', token: 'secret', pid: 4242, app: 'shop' }

test('one run at a time has a data folder; the other hears who that is', () => {
  const first = takeRunFolder(data)
  first.writeAccess(access)
  expect(() => takeRunFolder(data)).toThrow(AlreadyRunning)
  expect(() => takeRunFolder(data)).toThrow(/'shop', pid 4242, http:\/\/127\.0\.0\.1:1/)
  first.release()
  first.release()
  takeRunFolder(data).release()
})

test('what lets others in is readable by its owner alone, and gone after the run', () => {
  const run = takeRunFolder(data)
  run.writeAccess(access)
  expect(readAdminAccess(data)).toEqual(access)
  expect(statSync(join(data, 'run/admin.json')).mode & 0o777).toBe(0o600)
  expect(statSync(run.sockets).mode & 0o777).toBe(0o700)
  run.release()
  expect(readAdminAccess(data)).toBeUndefined()
  expect(existsSync(run.sockets)).toBe(false)
})

test('the lock of a process that was killed holds nobody up, and what it left is cleaned', async () => {
  const module = new URL('./run-folder.ts', import.meta.url).href
  // Held by the global object: what nobody refers to is collected, and the lock with it.
  const script = `import { takeRunFolder } from '${module}'
    globalThis.run = takeRunFolder('${data}')
    globalThis.run.writeAccess(${JSON.stringify(access)})
    console.log('taken'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  try {
    await once(child.stdout, 'data')
    expect(() => takeRunFolder(data)).toThrow(AlreadyRunning)
  } finally {
    child.kill('SIGKILL')
  }
  await exit
  expect(readAdminAccess(data)).toEqual(access)
  const run = takeRunFolder(data)
  expect(readAdminAccess(data)).toBeUndefined()
  run.release()
})

test('sockets of a folder with a long path are elsewhere, privately, and removed after the run', () => {
  const run = takeRunFolder(join(data, 'x'.repeat(90)))
  expect(run.sockets.startsWith(join(tmpdir(), 'holon-'))).toBe(true)
  expect(statSync(run.sockets).mode & 0o777).toBe(0o700)
  expect(readFileSync(join(data, 'x'.repeat(90), 'run/socket-folder'), 'utf8')).toBe(run.sockets)
  run.release()
  expect(existsSync(run.sockets)).toBe(false)
})
