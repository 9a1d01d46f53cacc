import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createPlayground, type Playground } from '../support/holon-process.ts'

let playground: Playground

beforeEach(() => {
  playground = createPlayground('trio')
})

afterEach(async () => {
  // Whatever was refused has left nothing running.
  await playground.untilNothingRuns(5_000)
  await playground[Symbol.asyncDispose]()
})

async function occupyPort(): Promise<{ readonly server: Server; readonly port: string }> {
  const server = createServer((_request, response) => response.end())
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return { server, port: String((server.address() as AddressInfo).port) }
}

test('a taken gateway port ends the start: which port, and how to choose another', async () => {
  const { server, port } = await occupyPort()
  const { code, stderr } = await playground.run(['start', '--port', port])
  server.close()
  expect(code).toBe(1)
  expect(stderr).toContain(`Port ${port} on 127.0.0.1 is taken`)
  expect(stderr).toContain('--port')
  expect(stderr).not.toContain('    at ')
})

test('a taken admin port ends the start: which port, and how to choose another', async () => {
  const { server, port } = await occupyPort()
  const { code, stderr } = await playground.run(['start'], { HOLON_ADMIN_PORT: port })
  server.close()
  expect(code).toBe(1)
  expect(stderr).toContain(`The admin port ${port} is taken`)
  expect(stderr).toContain('HOLON_ADMIN_PORT')
})

test('PORT is where the gateway listens', async () => {
  const { server, port } = await occupyPort()
  const { stderr } = await playground.run(['start'], { PORT: port })
  server.close()
  expect(stderr).toContain(`Port ${port}`)
  const wrong = await playground.run(['start'], { PORT: 'http' })
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("PORT is 'http'") as unknown })
})

test('everything that is wrong with a placement is said at once', async () => {
  const placement = JSON.stringify({ main: ['counter', 'graeter'], Other: ['counter'] })
  const { code, stderr } = await playground.run(['start', '--placement', placement])
  expect(code).toBe(1)
  for (const problem of ["'graeter'", "'Other'", "'counter' is in groups", "'journal'", "'gateway'"])
    expect(stderr).toContain(problem)
  const shapeless = await playground.run(['start', '--placement', '["counter"]'])
  expect(shapeless.stderr).toContain('it must be an object of groups')
  const garbled = await playground.run(['start', '--placement', '{main'])
  expect(garbled).toMatchObject({ code: 2, stderr: expect.stringContaining('It is not JSON') as unknown })
})

test('everything that is wrong with the configuration is said at once', async () => {
  const config = `import { defineApp } from 'holon'
export default defineApp({ name: 'Bad Name', services: { Upper: () => import('./x.ts') }, placement: { a: '*', b: '*' } })`
  writeFileSync(join(playground.folder, 'holon.config.ts'), config)
  const { code, stderr } = await playground.run(['start'])
  expect(code).toBe(1)
  for (const problem of ["'Bad Name'", "'Upper'", "'a' and 'b'"]) expect(stderr).toContain(problem)
})

test('a configuration that does not load, has no app, or is not there, is said clearly', async () => {
  const config = join(playground.folder, 'holon.config.ts')
  writeFileSync(config, 'export default {')
  expect(await playground.run(['start'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('SyntaxError') as unknown,
  })
  writeFileSync(config, 'export const app = 1')
  expect((await playground.run(['start'])).stderr).toContain('has no app as its default export')
  const nowhere = await playground.run(['start', '--config', 'nowhere.ts'])
  expect(nowhere).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no configuration') as unknown })
})

test('missing settings of all services of a process are said at once, without a second try', async () => {
  const settings = `import { defineService } from 'holon'
import { z } from 'zod'
import { journal } from './contract.ts'
export default defineService(journal, {
  config: z.object({ apiUrl: z.url(), retries: z.int() }),
  operations: {
    entries: () => ({ pid: 1, stamp: '', variables: [] }),
    ticks: () => [],
    mine: () => ({ subject: '', issuer: '' }),
    hang: () => ({}),
  },
})`
  writeFileSync(join(playground.folder, 'services/journal/service.ts'), settings)
  const { code, stderr, stdout } = await playground.run(['start'], { JOURNAL_RETRIES: 'many' })
  expect(code).toBe(1)
  expect(stderr).toContain('JOURNAL_API_URL is not set')
  expect(stderr).toContain('JOURNAL_RETRIES is wrong')
  expect(stdout.match(/main-1 failed/g)).toHaveLength(1)
})

test.each([
  ['in one process', []],
  ['split', ['--split']],
])('subscriptions to events that their publisher does not have are said at once, %s', async (_name, options) => {
  const { folder } = playground
  const services = ['first', 'second'].map((name) => `${name}: () => import('./${name}.ts')`).join(', ')
  writeFileSync(
    join(folder, 'holon.config.ts'),
    `import { defineApp } from 'holon'\nexport default defineApp({ name: 'pair', services: { ${services} } })`,
  )
  writeFileSync(
    join(folder, 'first.ts'),
    `import { defineContract, defineService, event } from 'holon'
import { z } from 'zod'
const first = defineContract('first', { events: { told: event({ data: z.object({}) }) } })
export default defineService(first, { operations: {} })`,
  )
  // It was written for another version of the contract.
  writeFileSync(
    join(folder, 'second.ts'),
    `import { defineContract, defineService, event } from 'holon'
import { z } from 'zod'
const gone = event({ data: z.object({}) })
const first = defineContract('first', { events: { gone, lost: gone, told: gone } })
export default defineService(defineContract('second', {}), {
  operations: {},
  subscriptions: (on) => [first.events.gone, first.events.lost, first.events.told].map((each) => on(each, () => {})),
})`,
  )
  const { code, stderr } = await playground.run(['start', ...options])
  expect(code).toBe(1)
  for (const event of ['first.gone', 'first.lost'])
    expect(stderr).toContain(
      `service 'second' subscribes to '${event}', but the contract of 'first' has no such event (it has first.told)`,
    )
  expect(stderr).not.toContain("subscribes to 'first.told'")
})

test('a service that dies while it starts ends the first start after a few tries, with its last words', async () => {
  writeFileSync(
    join(playground.folder, 'services/greeter/service.ts'),
    `console.error('my last words'); process.exit(7)`,
  )
  const { code, stderr, stdout } = await playground.run(['start', '--split'])
  expect(code).toBe(1)
  expect(stderr).toContain('greeter-1 cannot start: exit code 7')
  expect(stdout.match(/my last words/g)).toHaveLength(3)
})

test('an external process that cannot be started ends the start', async () => {
  writeFileSync(join(playground.folder, 'stamp.ts'), `console.error('no stamp today'); process.exit(3)`)
  const { code, stderr, stdout } = await playground.run(['start'])
  expect(code).toBe(1)
  expect(stderr).toContain('stamp cannot start: exit code 3')
  expect(stdout).toContain('no stamp today')
})

test('unknown commands and options are wrong usage, with a guess of what was meant', async () => {
  const command = await playground.run(['strat'])
  expect(command).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean start?') as unknown })
  const option = await playground.run(['start', '--splitt'])
  expect(option).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean --split?') as unknown })
  for (const args of [
    ['start', '--port', '70000'],
    ['start', '--split', '--placement', '{}'],
    ['call'],
    ['ps', 'extra'],
  ])
    expect((await playground.run(args)).code).toBe(2)
})

test('a data folder with a long path works: sockets go where their paths are short enough', async () => {
  const data = join(playground.data, 'deep'.repeat(20))
  const holon = playground.start(['start', '--split', '--data', data])
  await holon.until(/trio is ready in/)
  const { stdout } = await playground.run(['ps', '--data', data])
  const socket = /unix:(\S+)/.exec(stdout)?.[1] ?? ''
  expect(Buffer.byteLength(socket)).toBeLessThan(104)
  expect((await playground.run(['call', 'greeter.hello', '{"name":"Ann"}', '--data', data])).code).toBe(0)
  holon.signal('SIGTERM')
  expect(await holon.ended()).toBe(0)
})

test('the data folder of a run is for its owner alone', async () => {
  mkdirSync(join(playground.data, 'run'), { recursive: true })
  chmodSync(join(playground.data, 'run'), 0o755)
  const holon = playground.start(['start'])
  await holon.until(/trio is ready in/)
  const modeOf = (path: string): string => (statSync(join(playground.data, path)).mode & 0o777).toString(8)
  expect(['run', 'run/admin.json', 'run/sockets', 'sqlite'].map(modeOf)).toEqual(['700', '600', '700', '700'])
  holon.signal('SIGTERM')
  expect(await holon.ended()).toBe(0)
})
