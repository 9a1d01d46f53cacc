import { afterAll, beforeAll, expect, it } from 'vitest'

import type { Fetch } from './fetch.ts'
import { failureOf } from './fixtures/failure-of.ts'
import { type RunningLab, startLab } from './fixtures/start-lab.ts'

/** As React Native's own: it resolves when all has come, and its response has no body to read from. */
const whole: Fetch = async (url, init) => {
  const response = await fetch(url, init)
  const text = await response.text()
  return { status: response.status, headers: response.headers, text: () => Promise.resolve(text) }
}

let running: RunningLab
beforeAll(async () => {
  running = await startLab()
})
afterAll(() => running[Symbol.asyncDispose]())

it('calls work with a fetch that has no streams', async () => {
  const client = running.client({ fetch: whole })
  expect(await client.create({ title: 'one' })).toEqual({ id: 1, title: 'one', tags: [] })
  expect(await failureOf(client.create({ title: '' }))).toMatchObject({ code: 'invalid_argument', status: 400 })
})

it('a stream that ends is read whole at its end, also one that fails', async () => {
  const client = running.client({ fetch: whole })
  const numbers: number[] = []
  for await (const { number } of client.watch({ id: 1, count: 3 })) numbers.push(number)
  expect(numbers).toEqual([1, 2, 3])
  const failing = client.watch({ id: 1, failAfter: 1 })[Symbol.asyncIterator]()
  expect(await failing.next()).toMatchObject({ value: { number: 1 } })
  expect(await failureOf(failing.next())).toMatchObject({ code: 'internal' })
})

it('a stream without an end gives nothing, for as long as its caller says', async () => {
  const client = running.client({ fetch: whole })
  const first = client.watch({ id: 1 }, { timeoutMs: 300 })[Symbol.asyncIterator]().next()
  expect(await failureOf(first)).toMatchObject({ code: 'deadline_exceeded' })
})

it('without crypto, only a key that the client would make is refused', async () => {
  const { crypto } = globalThis
  Object.defineProperty(globalThis, 'crypto', { value: undefined, configurable: true })
  try {
    const client = running.client()
    expect(await client.act(undefined, { idempotencyKey: 'mine' })).toMatchObject({ idempotencyKey: 'mine' })
    await expect(client.act(undefined, { idempotencyKey: true })).rejects.toThrow('no crypto.getRandomValues')
  } finally {
    Object.defineProperty(globalThis, 'crypto', { value: crypto, configurable: true })
  }
})
