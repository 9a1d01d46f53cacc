import { once } from 'node:events'

import { ServiceError } from '@holon/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'

import type { FetchResponse } from './fetch.ts'
import { failureOf } from './fixtures/failure-of.ts'
import type { lab } from './fixtures/lab.ts'
import { answering, startScripted } from './fixtures/scripted-server.ts'
import { type RunningLab, startLab } from './fixtures/start-lab.ts'
import type { HttpClient } from './http-client.ts'
import { HttpError } from './http-error.ts'

let running: RunningLab
let client: HttpClient<typeof lab>
beforeAll(async () => {
  running = await startLab()
  client = running.client()
})
afterAll(() => running[Symbol.asyncDispose]())

const items = async <T>(stream: AsyncIterable<T>, count = Infinity): Promise<readonly T[]> => {
  const seen: T[] = []
  for await (const item of stream) {
    seen.push(item)
    if (seen.length === count) break
  }
  return seen
}
const text = 'a\nb\r\nc ü'

it('gives its items in order, and ends when the service has ended it', async () => {
  expect(await items(client.watch({ id: 1, count: 2 }))).toEqual([
    { number: 1, text },
    { number: 2, text },
  ])
  const many = await items(client.watch({ id: 1, count: 5000 }))
  expect(many.map(({ number }) => number)).toEqual(Array.from({ length: 5000 }, (_, index) => index + 1))
  expect(await items(client.watch({ id: 1, count: 0 }))).toEqual([])
})

it('may begin with a POST, whose body is the input', async () => {
  const words = ['', 'x'.repeat(100_000), 'end']
  expect(await items(client.scan({ words }))).toEqual(words)
})

it('is not begun before its first item is asked for, and can be read once', async () => {
  const stream = client.watch({ id: 1, count: 1 })
  expect(await items(stream)).toHaveLength(1)
  expect(await items(stream)).toEqual([])
})

it('that cannot begin fails with the problem document', async () => {
  const error = await failureOf(items(client.watch({ id: 'x' as unknown as number })))
  expect(error).toMatchObject({ code: 'invalid_argument', status: 400, issues: [{ path: ['id'] }] })
  const unsigned = running.client({ token: 'bad' })
  expect(await failureOf(items(unsigned.watch({ id: 1 })))).toMatchObject({ code: 'unauthenticated', status: 401 })
})

it('that fails later gives the items before, and then the error', async () => {
  const stream = client.watch({ id: 1, failAfter: 1 })[Symbol.asyncIterator]()
  expect(await stream.next()).toEqual({ done: false, value: { number: 1, text } })
  const error = await failureOf(stream.next())
  expect(error).toBeInstanceOf(HttpError)
  expect(error).toMatchObject({ code: 'internal', status: 500, traceId: expect.any(String) as string })
  expect(error.message).not.toContain('secret')
  expect(await stream.next()).toEqual({ done: true, value: undefined })
})

it('ends the call of the service when its reader leaves', async () => {
  const left = once(running.world.events, 'left')
  expect(await items(client.watch({ id: 1 }), 2)).toHaveLength(2)
  await left
})

it('ends the call at once when its reader leaves while an item is waited for', async () => {
  const waiting = once(running.world.events, 'waiting')
  const stream = client.watch({ id: 1 })[Symbol.asyncIterator]()
  for (let number = 1; number <= 3; number += 1) await stream.next()
  const next = stream.next()
  await waiting
  const left = once(running.world.events, 'left')
  expect(await stream.return?.()).toEqual({ done: true, value: undefined })
  expect(await next).toEqual({ done: true, value: undefined })
  await left
})

it('is given up when the caller aborts, or the time of the call is over', async () => {
  const gone = new AbortController()
  const waiting = once(running.world.events, 'waiting')
  const reading = items(client.watch({ id: 1 }, { signal: gone.signal }))
  await waiting
  const left = once(running.world.events, 'left')
  gone.abort(new Error('the page was left'))
  expect(await failureOf(reading)).toMatchObject({ code: 'cancelled', cause: gone.signal.reason as Error })
  await left
  expect(await failureOf(items(client.watch({ id: 1 }, { timeoutMs: 200 })))).toMatchObject({
    code: 'deadline_exceeded',
  })
})

it('that breaks off is unavailable, and is not repeated', async () => {
  const waiting = once(running.world.events, 'waiting')
  const stream = client.watch({ id: 1 })[Symbol.asyncIterator]()
  for (let number = 1; number <= 3; number += 1) await stream.next()
  const failed = failureOf(stream.next())
  await waiting
  await running.restart()
  expect(await failed).toMatchObject({ code: 'unavailable' })
  const frames = 'event: message\ndata: {"number":1,"text":"a"}\n\nevent: message\ndata: {"num'
  await using cut = await startScripted(answering(200, frames, { 'content-type': 'text/event-stream' }))
  const broken = running.client({ baseUrl: cut.url }).watch({ id: 1 })[Symbol.asyncIterator]()
  expect(await broken.next()).toEqual({ done: false, value: { number: 1, text: 'a' } })
  expect((await failureOf(broken.next())).message).toBe(`GET ${cut.url}/things/1/events broke off before its end.`)
  expect(cut.requests).toHaveLength(1)
})

it('is opened again where it may be: what fails before the first item, of a GET', async () => {
  running.world.errors.push(new ServiceError('unavailable', 'one'), new ServiceError('unavailable', 'two'))
  const hasty = running.client({
    fetch: (url, init) => fetch(url, init).then((response) => withoutRetryAfter(response)),
  })
  expect(await items(hasty.watch({ id: 1, count: 1 }))).toHaveLength(1)
  expect(running.world.errors).toEqual([])
})

it('that is answered by something else says so', async () => {
  await using page = await startScripted(answering(200, '<html>', { 'content-type': 'text/html' }))
  const error = await failureOf(items(running.client({ baseUrl: page.url }).watch({ id: 1 })))
  expect(error).toMatchObject({ code: 'unknown', status: 200 })
  expect(error.message).toContain('200 and text/html instead of an event stream')
})

/** The gateway asks for a second. */
function withoutRetryAfter(response: Response): FetchResponse {
  const { status, body } = response
  const get = (name: string): string | null => (name === 'retry-after' ? null : response.headers.get(name))
  return { status, body, headers: { get }, text: () => response.text() }
}
