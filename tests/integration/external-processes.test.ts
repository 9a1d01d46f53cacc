import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import { createPlayground, type Playground } from '../support/holon-process.ts'

let playground: Playground

beforeEach(() => {
  playground = createPlayground('trio')
  writeFileSync(
    join(playground.folder, 'site.ts'),
    `import { createServer } from 'node:http'
createServer(async (request, response) => response.end(await (await fetch(process.env.API_URL + request.url)).text()))
  .listen(Number(process.env.PORT), '127.0.0.1')`,
  )
})

afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

function write(site: object, more = ''): void {
  writeFileSync(
    join(playground.folder, 'holon.config.ts'),
    `import { defineApp, expose } from 'holon'
import { greeter } from './services/greeter/contract.ts'
export default defineApp({
  name: 'trio',
  services: { counter: () => import('./services/counter/service.ts'), greeter: () => import('./services/greeter/service.ts') },
  gateway: { expose: [expose(greeter, ['hello'])], port: 0 },
  processes: { site: ${JSON.stringify({ command: ['node', 'site.ts'], ...site })}${more} },
})`,
  )
}

test.each([
  ['in one process', []],
  ['split', ['--split']],
])('an external process has the port that it wants, and the address of the gateway, %s', async (_, args) => {
  const port = await freePort()
  write({ port, gatewayVariable: 'API_URL' })
  const holon = playground.start(['start', ...args])
  await holon.until(/trio is ready in/)
  const answer = await fetch(`http://127.0.0.1:${port}/hello/Ann`)
  expect(await answer.json()).toMatchObject({ text: 'Hello, Ann!' })
  holon.signal('SIGTERM')
  expect(await holon.ended()).toBe(0)
})

test('a port that another program has is no external process of ours: the start is refused', async () => {
  const other = createServer((_request, response) => response.end())
  const port = await freePort()
  await new Promise<void>((resolve) => {
    other.listen(port, '127.0.0.1', resolve)
  })
  write({ port })
  const { code, stderr } = await playground.run(['start'])
  other.close()
  expect(code).toBe(1)
  expect(stderr).toContain(`site cannot start: Port ${port} is taken.`)
})

test('a program that is not there is named by the refused start', async () => {
  write({ command: ['no-such-program'] })
  const { code, stderr, stdout } = await playground.run(['start'])
  expect(code).toBe(1)
  expect(stderr).toContain('site cannot start: spawn no-such-program: there is no such file or folder (ENOENT)')
  expect(stdout).not.toContain('exit code')
})

test('ports that cannot be are mistakes of the configuration', async () => {
  write({ port: 70_000 }, ", a: { command: ['a'], port: 3000 }, b: { command: ['b'], port: 3000 }")
  const { code, stderr } = await playground.run(['start'])
  expect(code).toBe(1)
  expect(stderr).toContain("process 'site' has port 70000")
  expect(stderr).toContain("process 'b' has the port 3000 of process 'a'")
})
