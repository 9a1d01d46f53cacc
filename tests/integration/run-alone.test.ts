import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import { createPlayground, eventually, type Playground } from '../support/holon-process.ts'

let playground: Playground

beforeEach(() => {
  playground = createPlayground('trio')
})

afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

const HOLON_LINK_SECRET = 'a-secret-that-all-instances-share-0123456789'

const listing = (port: number): string =>
  JSON.stringify([
    {
      instance: 'counter',
      address: { host: '127.0.0.1', port },
      services: [{ name: 'counter', fingerprint: '', uses: [] }],
    },
  ])

test('groups run without a supervisor, and find each other by what their environment says', async () => {
  const port = await freePort()
  const counter = playground.start(
    ['run', '--group', 'main', '--services', 'counter', '--listen', `127.0.0.1:${port}`],
    {
      HOLON_LINK_SECRET,
    },
  )
  await counter.until(/"msg":"instance ready/)
  const edge = playground.start(
    ['run', '--group', 'main', '--services', 'greeter,gateway', '--port', '0', '--host', '127.0.0.1'],
    { HOLON_LINK_SECRET, HOLON_PEERS: listing(port) },
  )
  const [, url] = await edge.until(/trio listens on (\S+)/)
  const answer = await eventually(async () => {
    const response = await fetch(`${url}/hello/Ann`)
    return response.ok ? ((await response.json()) as { counterPid: number }) : undefined
  })
  expect(answer).toMatchObject({ text: 'Hello, Ann!', counterPid: counter.pid })
  for (const each of [edge, counter]) {
    each.signal('SIGTERM')
    expect(await each.ended()).toBe(0)
  }
})

test('what a group alone is missing is said, with the variable to set', async () => {
  const secret = await playground.run(['run', '--group', 'main', '--listen', '127.0.0.1:0'])
  expect(secret).toMatchObject({ code: 2, stderr: expect.stringContaining('HOLON_LINK_SECRET') as unknown })
  // Who only calls must not take an impostor's answers either.
  const calling = await playground.run(['run', '--group', 'main', '--services', 'greeter'], {
    HOLON_PEERS: listing(1),
  })
  expect(calling).toMatchObject({ code: 2, stderr: expect.stringContaining('HOLON_PEERS needs HOLON_LINK_SECRET') })
  for (const short of ['', 'x', '0123456789012345678901234567890']) {
    const refused = await playground.run(['run', '--group', 'main', '--listen', '127.0.0.1:0'], {
      HOLON_LINK_SECRET: short,
    })
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('at least 32 bytes') as unknown })
    expect(refused.stderr).toContain('node -p')
  }
  const group = await playground.run(['run', '--group', 'side'])
  expect(group).toMatchObject({ code: 2, stderr: expect.stringContaining("There is no group 'side'") as unknown })
  const address = await playground.run(['run', '--group', 'main', '--listen', '7000'], { HOLON_LINK_SECRET })
  expect(address).toMatchObject({ code: 2, stderr: expect.stringContaining('host:port') as unknown })
  const peers = async (HOLON_PEERS: string): Promise<unknown> =>
    await playground.run(['run', '--group', 'main'], { HOLON_LINK_SECRET, HOLON_PEERS })
  expect(await peers('{')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('HOLON_PEERS is not JSON') as unknown,
  })
  expect(await peers('{"peers":[]}')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('is no list') as unknown,
  })
  expect(await peers(`[{"instance":"a","address":{"host":"a"},"services":[]}]`)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('no instance in its element 1. Write a list') as unknown,
  })
})

test('services are run by their names without a group, and the only group without its name', async () => {
  const counter = playground.start(['run', '--services', 'counter'])
  await counter.until(/"instance":"counter".*"msg":"instance ready: counter"/)
  counter.signal('SIGTERM')
  expect(await counter.ended()).toBe(0)
  const main = playground.start(['run'], { PORT: '0' })
  await main.until(/"msg":"instance ready: counter, greeter, journal"/)
  // A free port, and not the default.
  expect((await main.until(/listens on \S+:(\d+)/))[1]).not.toBe('8080')
  main.signal('SIGTERM')
  expect(await main.ended()).toBe(0)
})

test('what cannot be run is refused, and said', async () => {
  const usage = (text: string): object => ({ code: 2, stderr: expect.stringContaining(text) as unknown })
  expect(await playground.run(['run', '--services', 'counter,'])).toMatchObject(usage('commas between them'))
  expect(await playground.run(['run'], { PORT: 'http' })).toMatchObject(usage("PORT is 'http'"))
  expect(await playground.run(['run'], { HOLON_LOG_LEVEL: 'loud' })).toMatchObject(usage("HOLON_LOG_LEVEL is 'loud'"))
  expect(await playground.run(['start'], { HOLON_LOG_LEVEL: 'loud' })).toMatchObject(usage("HOLON_LOG_LEVEL is 'loud'"))
  writeFileSync(
    join(playground.folder, 'pair.config.ts'),
    `import { defineApp, defineContract, defineService } from 'holon'
const load = (name) => () => Promise.resolve({ default: defineService(defineContract(name, {}), { operations: {} }) })
export default defineApp({ name: 'pair', services: { a: load('a'), b: load('b') }, placement: { one: ['a'], two: ['b'] } })`,
  )
  const pair = (...args: readonly string[]): Promise<object> =>
    playground.run(['run', '--config', 'pair.config.ts', ...args])
  expect(await pair()).toMatchObject(usage('Which group? The placement has one, two.'))
  expect(await pair('--services', 'gateway')).toMatchObject(usage("'pair' has no gateway"))
})

test('with --json everything that start says is JSON, one object a line', async () => {
  const holon = playground.start(['start', '--json'])
  await holon.until(/"event":"ready"/)
  holon.signal('SIGTERM')
  expect(await holon.ended()).toBe(0)
  const lines = holon
    .output()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  const ready = lines.find(({ event }) => event === 'ready')
  expect(ready).toMatchObject({ status: { app: 'trio', state: 'ready' }, readyMs: expect.any(Number) as unknown })
  expect(lines).toContainEqual(expect.objectContaining({ source: 'stamp', msg: 'stamp listens' }))
})

test('on an old Node the command hands over to the one that npm has installed, and dies with whoever started it', async () => {
  const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.2'})`
  const entry = fileURLToPath(new URL('../../packages/holon/bin/holon.js', import.meta.url))
  const version = await playground.runNode(['--import', pretend, entry, '--version'])
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as unknown })
  const holon = playground.startNode(['--import', pretend, entry, 'start'])
  await holon.until(/trio is ready in/)
  holon.signal('SIGKILL')
  await playground.untilNothingRuns()
})

test('when the shell of npm start is told to end, so is the app', async () => {
  const entry = fileURLToPath(new URL('../../packages/holon/bin/holon.js', import.meta.url))
  // Like a shell, it dies of the signal and passes nothing on.
  const shell = `require('child_process').spawn(process.execPath, ['${entry}', 'start'], { stdio: 'inherit' })`
  const npm = playground.startNode(['-e', shell], { npm_lifecycle_event: 'start' })
  await npm.until(/trio is ready in/)
  npm.signal('SIGTERM')
  expect(await npm.ended()).toBe('SIGTERM')
  await npm.until(/Stopping, within 10 s/)
  await playground.untilNothingRuns()
})

test('on an old Node without another one the command says what to do', async () => {
  const pretend = `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'18.0.0'})`
  const entry = fileURLToPath(new URL('../../packages/holon/bin/holon.js', import.meta.url))
  const { code, stderr } = await playground.runNode(['--import', pretend, entry, 'ps'], { HOLON_HANDED_OVER: '1' })
  expect(code).toBe(1)
  expect(stderr).toContain('Holon needs Node 22.18 or later; this is 18.0.0')
  expect(stderr).toContain('npm install --save-dev node@24')
})

test('results are clean: what modules print while they load goes to standard error', async () => {
  const graph = await playground.run(['graph', '--json'])
  expect(JSON.parse(graph.stdout)).toMatchObject([
    { name: 'gateway', uses: ['greeter', 'journal'] },
    { name: 'counter', uses: [] },
    { name: 'greeter', uses: ['counter'] },
    { name: 'journal', uses: [] },
  ])
  expect(graph.stderr).toContain('module greeter loaded')
  const mermaid = await playground.run(['graph', '--mermaid'])
  expect(mermaid.stdout).toContain('flowchart LR\n')
  expect(mermaid.stdout).toContain('  greeter --> counter\n')
  const document = await playground.run(['openapi'])
  expect(Object.keys((JSON.parse(document.stdout) as { paths: object }).paths)).toEqual(['/hello/{name}', '/entries'])
  const written = await playground.run(['openapi', '--out', join(playground.folder, 'api.json')])
  expect(written).toMatchObject({ code: 0, stdout: '' })
})
