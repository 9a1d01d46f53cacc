import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { describeWith } from '../support/describe-with.ts'
import { freePort } from '../support/free-port.ts'
import type { Playground } from '../support/holon-process.ts'
import {
  createEmptyPlayground,
  createHolon,
  makeProject,
  packCreateHolon,
  testProject,
} from '../support/made-project.ts'

let playground: Playground

beforeEach(() => {
  playground = createEmptyPlayground()
})
afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

test.each([
  ['minimal', '/hello/Ann', '{"text":"Hello, Ann!"}'],
  ['shop-lite', '/api/orders', '{"orders":[]}'],
])(
  'a project made from %s passes its tests, runs, answers its first call, and stops',
  async (template, path, answer) => {
    expect(await makeProject(playground, template)).toMatchObject({ code: 0, stderr: '' })
    expect(await testProject(playground)).toMatchObject({ code: 0, failed: 0, skipped: 0 })
    const port = await freePort()
    const holon = playground.start(['dev'], { PORT: String(port) })
    await holon.until(/app is ready in/)
    expect(await (await fetch(`http://127.0.0.1:${port}${path}`)).text()).toBe(answer)
    holon.signal('SIGINT')
    expect(await holon.ended()).toBe(0)
    await playground.untilNothingRuns()
  },
)

test('the page of a project made from shop-lite is served, and its services run each on its own, too', async () => {
  await makeProject(playground, 'shop-lite')
  const port = await freePort()
  const holon = playground.start(['dev', '--split'], { PORT: String(port) })
  await holon.until(/app is ready in/)
  const url = `http://127.0.0.1:${port}`
  expect(await (await fetch(url)).text()).toContain('<title>app</title>')
  const order = { method: 'PUT', headers: { 'content-type': 'application/json' } }
  const placed = await fetch(`${url}/api/orders/o1`, { ...order, body: '{"productId":"tea","quantity":2}' })
  expect(placed.status).toBe(200)
  expect(await (await fetch(`${url}/api/mails/o1`)).json()).toMatchObject({ mail: { orderId: 'o1' } })
  holon.signal('SIGINT')
  expect(await holon.ended()).toBe(0)
})

test('a project made from existing passes its tests, and serves both: Express and the gateway', async () => {
  await makeProject(playground, 'existing')
  expect(await testProject(playground)).toMatchObject({ code: 0, failed: 0, skipped: 0 })
  const [website, gateway] = [await freePort(), await freePort()]
  const server = playground.startNode(['server.ts'], { WEBSITE_PORT: String(website), PORT: String(gateway) })
  await server.until(/website http/)
  const ask = async (port: number, path: string): Promise<unknown> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).json()
  expect(await ask(website, '/offer/tea?quantity=10')).toEqual({ product: 'tea', quantity: 10, totalCents: 8_010 })
  expect(await ask(gateway, '/prices/tea?quantity=10')).toEqual({ totalCents: 8_010 })
  server.signal('SIGTERM')
  expect(await server.ended()).toBe(0)
})

test('as it is packed, it makes the same project as here', async () => {
  const packed = packCreateHolon(dirname(playground.folder))
  await makeProject(playground, 'shop-lite')
  expect(
    await playground.runNode([packed, 'twin/app', '--template', 'shop-lite', '--no-install', '--no-git']),
  ).toMatchObject({ code: 0 })
  const read = (folder: string): Record<string, string> =>
    Object.fromEntries(
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((path) => !path.includes('node_modules') && !path.includes('twin/app/twin'))
        .map((path) => [path.slice(folder.length), readFileSync(path, 'utf8')]),
    )
  const twin = read(join(playground.folder, 'twin/app'))
  const own = Object.fromEntries(Object.entries(read(playground.folder)).filter(([path]) => !path.startsWith('/twin')))
  expect(twin).toEqual(own)
})

describeWith('script', 'in a real terminal', (script) => {
  test('it asks, and makes what is answered', async () => {
    const create = [process.execPath, createHolon, '--no-install', '--no-git'].join(' ')
    // A terminal that nobody sees has no width by itself.
    const command = ['sh', '-c', `stty cols 80 rows 24; ${create}`]
    const args =
      process.platform === 'darwin' ? ['-q', '/dev/null', ...command] : ['-qec', command[2] ?? '', '/dev/null']
    const { PATH, HOME } = process.env
    const child = spawn(script, args, { cwd: playground.folder, env: { PATH, HOME, TERM: 'xterm' } })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    const shown = (): string => stripVTControlCharacters(output)
    const ended = once(child, 'exit')
    await expect.poll(shown).toContain('What is it called?')
    child.stdin.write('corner-shop\r')
    await expect.poll(shown).toContain('What shall it begin with?')
    child.stdin.write('\r')
    expect(await ended).toEqual([0, null])
    expect(shown()).toContain('npm run dev')
    expect(existsSync(join(playground.folder, 'corner-shop/services/greeter/contract.ts'))).toBe(true)
  })
})
