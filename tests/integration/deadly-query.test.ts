import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { createPlayground, eventually, type Playground, readStatus } from '../support/holon-process.ts'

/** Three replicas of the greeter, whom the name Death ends. */
function prepare({ folder }: Playground): void {
  const change = (path: string, from: string, to: string): void => {
    const file = join(folder, path)
    const text = readFileSync(file, 'utf8')
    const changed = text.replace(from, to)
    if (changed === text) throw new Error(`${path} has no ${from}`)
    writeFileSync(file, changed)
  }
  change(
    'holon.config.ts',
    'processes: {',
    `placement: { edge: ['gateway'], greeters: ['greeter'], rest: '*' }, replicas: { greeters: 3 }, processes: {`,
  )
  change(
    'services/greeter/service.ts',
    'async hello({ name }, ctx) {',
    `$&
      if (name === 'Death') process.kill(process.pid, 'SIGKILL')`,
  )
}

test('one request whose handler ends its process ends two of three replicas at most, and the third answers others', async () => {
  await using playground = createPlayground('trio')
  prepare(playground)
  const holon = playground.start(['start'])
  await holon.until(/trio is ready in/)
  const { gatewayUrl } = await readStatus(playground)
  expect((await fetch(`${gatewayUrl}/hello/Death`)).status).toBe(503)
  await holon.until(/lost twice while greeter\.hello was running/)
  expect((await fetch(`${gatewayUrl}/hello/Ann`)).status).toBe(200)
  await eventually(async () => {
    const { groups } = await readStatus(playground)
    const replicas = groups.find(({ name }) => name === 'greeters')?.instances ?? []
    return replicas.length === 3 && replicas.every(({ state }) => state === 'ready') ? true : undefined
  })
  expect(holon.output().match(/greeters-\d.* failed.*SIGKILL/g) ?? []).toHaveLength(2)
})
