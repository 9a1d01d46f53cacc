import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { freePort } from '../support/free-port.ts'
import { createPlayground, type Playground, readStatus } from '../support/holon-process.ts'

let playground: Playground

beforeEach(() => {
  playground = createPlayground('trio')
})

afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

function replicate(): void {
  const config = join(playground.folder, 'holon.config.ts')
  const text = readFileSync(config, 'utf8')
  writeFileSync(
    config,
    text.replace('processes: {', `placement: { edge: ['gateway'], rest: '*' }, replicas: { edge: 2 }, processes: {`),
  )
}

test('a gateway that is killed comes back on the same port, also where it had chosen a free one', async () => {
  const holon = playground.start(['start', '--split'])
  await holon.until(/trio is ready in/)
  const before = await readStatus(playground)
  const from = holon.output().length
  process.kill(before.groups.find(({ name }) => name === 'gateway')?.instances[0]?.pid ?? 0, 'SIGKILL')
  await holon.until(/gateway-1 ready/, { from })
  const after = await readStatus(playground)
  expect(after.gatewayUrl).toBe(before.gatewayUrl)
  expect((await fetch(`${after.gatewayUrl}/hello/Ann`)).status).toBe(200)
})

test.runIf(process.platform === 'linux')(
  'replicas of the gateway share its port, and one of them is enough',
  async () => {
    replicate()
    const holon = playground.start(['start'])
    await holon.until(/trio is ready in/)
    const { groups, gatewayUrl } = await readStatus(playground)
    const edge = groups.find(({ name }) => name === 'edge')?.instances ?? []
    expect(edge.map(({ state }) => state)).toEqual(['ready', 'ready'])
    const from = holon.output().length
    process.kill(edge[0]?.pid ?? 0, 'SIGKILL')
    await holon.until(/edge-1 failed/, { from })
    for (let request = 0; request < 5; request += 1)
      expect((await fetch(`${gatewayUrl}/hello/Ann`, { headers: { connection: 'close' } })).status).toBe(200)
    await holon.until(/edge-1 ready/, { from })
    expect((await readStatus(playground)).gatewayUrl).toBe(gatewayUrl)
  },
)

test.runIf(process.platform === 'linux')(
  'replicas of the gateway do not join another program on a taken port',
  async () => {
    replicate()
    const port = await freePort()
    const server = createServer().listen(port, '127.0.0.1')
    const { code, stderr } = await playground.run(['start', '--port', String(port)])
    server.close()
    expect(code).toBe(1)
    expect(stderr).toContain(`Port ${port} is taken`)
  },
)

test('a start that is stopped before it is ready leaves nothing behind', async () => {
  writeFileSync(
    join(playground.folder, 'services/journal/service.ts'),
    'await new Promise(() => setInterval(() => {}, 1000))',
  )
  const holon = playground.start(['start', '--split'])
  await holon.until(/greeter-1 ready/)
  holon.signal('SIGTERM')
  // 1 where the one that loads for ever had to be killed, on a busy machine.
  expect([0, 1]).toContain(await holon.ended())
  expect(playground.survivors()).toEqual([])
  writeFileSync(
    join(playground.folder, 'holon.config.ts'),
    'console.error("reading"); await new Promise(() => setInterval(() => {}, 1000))',
  )
  const reading = playground.start(['start'])
  await reading.until(/reading/)
  reading.signal('SIGTERM')
  expect(await reading.ended()).toBe(0)
  await playground.untilNothingRuns(5_000)
})
