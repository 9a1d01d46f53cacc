import { readFileSync } from 'node:fs'

import { afterAll, beforeAll, expect, test } from 'vitest'

import { createPlayground, type Playground, readStatus, type RunningCommand } from '../support/holon-process.ts'

let playground: Playground
let holon: RunningCommand

beforeAll(async () => {
  playground = createPlayground('trio')
  holon = playground.start(['start'])
  await holon.until(/trio is ready in [\d.]+ s/)
})

afterAll(async () => {
  await playground[Symbol.asyncDispose]()
})

const json = (text: string): unknown => JSON.parse(text)

test('the start screen names every service, where it runs, and what to open', () => {
  const output = holon.output()
  for (const name of ['counter', 'greeter', 'journal', 'gateway'])
    expect(output).toMatch(new RegExp(`^ {2}${name} +main +\\d+ +unix socket$`, 'm'))
  expect(output).toMatch(/^ {2}stamp +external +\d+ +http:\/\/127\.0\.0\.1:\d+$/m)
  expect(output).toMatch(/open +http:\/\/127\.0\.0\.1:\d+\/$/m)
  expect(output).toMatch(/\/openapi\.json$/m)
  // Not a terminal: no colours.
  expect(output).not.toContain('\u001B[')
})

test('all services run in one process, whose command line names them', async () => {
  const { groups } = await readStatus(playground)
  expect(groups.map(({ name }) => name)).toEqual(['main'])
  const pid = groups[0]?.instances[0]?.pid
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')).toContain('counter,greeter,journal,gateway')
  for (const name of ['counter', 'greeter', 'journal'])
    expect(holon.output().match(new RegExp(`module ${name} loaded in ${pid}`, 'g'))).toHaveLength(1)
})

test("a program's own output passes with the group's name in front", () => {
  expect(holon.output()).toMatch(/^main {9}module counter loaded in \d+$/m)
  expect(holon.output()).toMatch(/^stamp {8}stamp listens$/m)
})

test('ps shows state, pid, memory and services of every process', async () => {
  const { code, stdout } = await playground.run(['ps'])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^main-1 +ready +\d+ +0 .* MB +counter greeter journal gateway +unix:/m)
  expect(stdout).toMatch(/^stamp +ready +\d+ +0 /m)
  const status = await readStatus(playground)
  expect(status).toMatchObject({ app: 'trio', state: 'ready', pid: holon.pid })
  expect(status.groups[0]?.services).toContainEqual({ name: 'greeter', uses: ['counter'] })
  expect(status.rssBytes).toBeGreaterThan(10e6)
})

test('call prints what an operation answers', async () => {
  const { code, stdout } = await playground.run(['call', 'greeter.hello', '{"name":"Ann"}'])
  expect(code).toBe(0)
  expect(json(stdout)).toMatchObject({ text: 'Hello, Ann!', count: 1 })
})

test('call prints one line for each item of a stream', async () => {
  const { stdout } = await playground.run(['call', 'journal.ticks', '{"count":3}'])
  expect(stdout).toBe('{"tick":1}\n{"tick":2}\n{"tick":3}\n')
})

test('a call that fails has exit code 4 and says what is wrong', async () => {
  const declared = await playground.run(['call', 'greeter.hello', '{"name":"nobody"}'])
  expect(declared.code).toBe(4)
  expect(declared.stderr).toContain('unwelcome {"name":"nobody"}')
  expect(declared.stdout).toBe('')
  const wrong = await playground.run(['call', 'greeter.hello', '{"name":7}', '--json'])
  expect(wrong.code).toBe(4)
  expect(json(wrong.stderr.trim().split('\n').at(-1) ?? '')).toMatchObject({ code: 'invalid_argument' })
  const late = await playground.run(['call', 'counter.slow', '{"ms":5000}', '--timeout', '100ms'])
  expect(late).toMatchObject({ code: 4, stderr: expect.stringContaining('deadline_exceeded') as unknown })
})

test('an operation that needs a user says how to ask, and nobody acts for a user without a token', async () => {
  const anonymous = await playground.run(['call', 'journal.mine'])
  expect(anonymous).toMatchObject({ code: 4, stderr: expect.stringContaining('unauthenticated: Whose?') as unknown })
  expect(anonymous.stderr).toContain('It needs a user. Ask the gateway, with a token of the user.')
  const acting = await playground.run(['call', 'journal.mine', '--as', 'ann'])
  expect(acting).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining("'holon dev'") as unknown })
})

test('a call of something that is not there is wrong usage, with a guess of what was meant', async () => {
  const operation = await playground.run(['call', 'greeter.helo'])
  expect(operation).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean 'hello'?") as unknown })
  const service = await playground.run(['call', 'greter.hello'])
  expect(service).toMatchObject({ code: 2, stderr: expect.stringContaining("Did you mean 'greeter'?") as unknown })
})

test('an external process has its port as PORT, and services have its URL in their environment', async () => {
  const { stdout } = await playground.run(['call', 'journal.entries'])
  const { processes } = await readStatus(playground)
  expect(json(stdout)).toMatchObject({ stamp: `stamped by ${processes[0]?.pid}` })
})

test('the status page needs no token, names the services and leaks no secret; the API needs the token', async () => {
  const { adminUrl } = await readStatus(playground)
  const { token } = json(readFileSync(`${playground.data}/run/admin.json`, 'utf8')) as { token: string }
  const page = await (await fetch(adminUrl)).text()
  expect(page).toContain('greeter')
  expect(page).not.toContain(token)
  expect((await fetch(`${adminUrl}/api/registry`)).status).toBe(401)
  const registry = await fetch(`${adminUrl}/api/registry`, { headers: { authorization: `Bearer ${token}` } })
  const { linkSecret } = (await registry.json()) as { linkSecret: string }
  expect(linkSecret.length).toBeGreaterThan(30)
  expect(page).not.toContain(linkSecret)
})

test('a second start with the same data is refused: who runs, where, and what to do', async () => {
  const { code, stderr } = await playground.run(['start'])
  expect(code).toBe(5)
  expect(stderr).toContain(`pid ${holon.pid}`)
  expect(stderr).toContain('--data')
})

test('SIGTERM lets running calls finish, stops everything in order and leaves nothing behind', async () => {
  const from = holon.output().length
  const call = playground.run(['call', 'counter.slow', '{"ms":1500}'])
  await holon.until(/slow begins/, { from })
  holon.signal('SIGTERM')
  expect(await holon.ended(12_000)).toBe(0)
  expect((await call).code).toBe(0)
  const output = holon.output()
  expect(output.indexOf('main-1 stopped')).toBeLessThan(output.indexOf('stamp stopped'))
  expect(playground.survivors()).toEqual([])
  const { code, stderr } = await playground.run(['ps'])
  expect(code).toBe(3)
  expect(stderr).toContain('holon start')
})
