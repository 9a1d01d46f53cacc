import { afterEach, beforeEach, expect, test } from 'vitest'

import { createPlayground, type Playground } from '../support/holon-process.ts'

let playground: Playground

beforeEach(() => {
  playground = createPlayground('quiet')
})

afterEach(async () => {
  await playground[Symbol.asyncDispose]()
})

// A process whose loop has nothing left ends within a few milliseconds.
const longEnoughMs = 1_500

test.each([
  ['a service that has only a schedule', 'clock', /"msg":"instance ready/],
  ['a service that waits for its bus', 'reader', /reader is loaded/],
])('a group runs until it is told to stop, whatever it holds: %s', async (_what, services, sign) => {
  const group = playground.start(['run', '--group', 'main', '--services', services], { HOLON_LOG_LEVEL: 'debug' })
  await group.until(sign)
  await expect(group.ended(longEnoughMs)).rejects.toThrow('It did not end')
  group.signal('SIGTERM')
  expect(await group.ended()).toBe(0)
})
