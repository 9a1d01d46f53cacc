import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import { createPlayground, type Playground } from '../support/holon-process.ts'

let playground: Playground

beforeEach(() => {
  playground = createPlayground('trio')
})

afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

test('behind a proxy an app runs and is reached as it is without one: what is on this machine passes it by', async () => {
  // Nobody listens there.
  const proxy = { HTTP_PROXY: 'http://127.0.0.1:1', NODE_USE_ENV_PROXY: '1' }
  const holon = playground.start(['start'], proxy)
  await holon.until(/trio is ready in/)
  const ps = await playground.run(['ps'], proxy)
  expect(ps).toMatchObject({ code: 0, stdout: expect.stringMatching(/^main-1 +ready /m) as unknown })
  // The service asks an external process by HTTP.
  const entries = await playground.run(['call', 'journal.entries'], proxy)
  expect(entries).toMatchObject({ code: 0, stdout: expect.stringContaining('stamped by') as unknown })
})

const run = (): string => join(playground.data, 'run')

function writeAccess(url: string): void {
  mkdirSync(run(), { recursive: true })
  writeFileSync(join(run(), 'admin.json'), JSON.stringify({ url, token: 't', pid: 12345, app: 'trio' }))
}

test('why a supervisor cannot be asked is told; only where nobody listens does no app run', async () => {
  const notRunning = await playground.run(['ps'])
  expect(notRunning).toMatchObject({ code: 3, stderr: expect.stringContaining('No app runs') as unknown })
  writeAccess(`http://127.0.0.1:${await freePort()}`)
  expect((await playground.run(['ps'])).stderr).toContain('No app runs')
  const server = createServer((request) => request.socket.destroy())
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  writeAccess(`http://127.0.0.1:${port}`)
  const broken = await playground.run(['ps'])
  server.close()
  expect(broken.code).toBe(3)
  expect(broken.stderr).toMatch(
    new RegExp(`^Process 12345 cannot be asked at http://127\\.0\\.0\\.1:${port}: .+\\.$`, 'm'),
  )
})

test('a way to the supervisor that cannot be read is no sign that no app runs', async () => {
  rmSync(run(), { recursive: true, force: true })
  mkdirSync(join(run(), 'admin.json'), { recursive: true })
  const { code, stderr } = await playground.run(['ps'])
  expect(code).toBe(1)
  expect(stderr).toMatch(/cannot be used: .*it is a folder, and no file \(EISDIR\)/)
})
