import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, inject, it } from 'vitest'

import { createClient } from './create-client.ts'
import type { Fetch } from './fetch.ts'
import { failureOf } from './fixtures/failure-of.ts'
import { lab } from './fixtures/lab.ts'

/** A fetch that answers with one event stream, which the test writes. */
function scripted(): { readonly fetch: Fetch; send(text: string): void; readonly isCancelled: () => boolean } {
  let write: ((text: string) => void) | undefined
  let isCancelled = false
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => void (write = (text) => controller.enqueue(new TextEncoder().encode(text))),
    cancel: () => void (isCancelled = true),
  })
  const headers = new Headers({ 'content-type': 'text/event-stream; charset=utf-8' })
  return {
    // It does not heed the signal, as some do not once they have answered.
    fetch: () =>
      Promise.resolve({ status: 200, headers, body, text: () => Promise.reject(new Error('It is a stream.')) }),
    send: (text) => write?.(text),
    isCancelled: () => isCancelled,
  }
}

it('a stream that is silent for three heartbeats is dead; heartbeats keep it alive, and a slow reader may be slow', async () => {
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  const server = scripted()
  const client = createClient(lab, { baseUrl: '', platform, fetch: server.fetch })
  const stream = client.watch({ id: 1 })[Symbol.asyncIterator]()
  server.send('data: 1\n\n')
  expect(await stream.next()).toEqual({ done: false, value: 1 })
  await platform.pass(600_000)
  const next = stream.next()
  await platform.pass(44_000)
  server.send(': heartbeat\n\n')
  await platform.pass(44_000)
  server.send('data: 2\n\n')
  expect(await next).toEqual({ done: false, value: 2 })
  const silent = failureOf(stream.next())
  await platform.pass(45_010)
  expect(await silent).toMatchObject({
    code: 'unavailable',
    message: 'GET /things/1/events was silent for 45 s, three times as long as the gateway ever is.',
  })
  expect(server.isCancelled()).toBe(true)
  expect(platform.timers).toBe(0)
})

it('a stream whose answer does not begin is dead, too', async () => {
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  const asked: string[] = []
  const fetch: Fetch = (url) => (asked.push(url), new Promise<never>(() => {}))
  const failed = failureOf(
    createClient(lab, { baseUrl: '', platform, fetch }).watch({ id: 1 })[Symbol.asyncIterator]().next(),
  )
  await platform.pass(45_010)
  expect(await failed).toMatchObject({ code: 'unavailable' })
  expect(asked).toEqual(['/things/1/events'])
})
