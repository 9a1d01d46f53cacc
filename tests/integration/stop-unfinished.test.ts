import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { createPlayground, type Playground } from '../support/holon-process.ts'

let playground: Playground

beforeEach(() => {
  playground = createPlayground('trio')
  writeFileSync(
    join(playground.folder, 'stuck.ts'),
    `import { defineContract, defineService } from 'holon'
export default defineService(defineContract('stuck', {}), { operations: {}, stop: () => new Promise(() => undefined) })`,
  )
  writeFileSync(
    join(playground.folder, 'holon.config.ts'),
    `import { defineApp } from 'holon'
export default defineApp({ name: 'stuck', services: { stuck: () => import('./stuck.ts') } })`,
  )
})

afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

test('a stop hook that never ends is named, and the exit code tells that not all went well', async () => {
  const holon = playground.start(['start'])
  await holon.until(/stuck is ready in/)
  holon.signal('SIGTERM')
  expect(await holon.ended()).toBe(1)
  expect(holon.output()).toMatch(/The stop hook of 'stuck' did not finish within \d+ ms/)
  expect(holon.output()).toContain('Not everything ended as it should: main-1: exit code 1')
})

test('the same without a supervisor', async () => {
  const group = playground.start(['run', '--group', 'main'])
  await group.until(/"msg":"instance ready: stuck"/)
  group.signal('SIGTERM')
  expect(await group.ended()).toBe(1)
  expect(group.output()).toContain("The stop hook of 'stuck' did not finish within 5000 ms")
})
