import { once } from 'node:events'

import type { Platform } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { problemOf } from './fixtures/problem-of.ts'
import { type NotesGateway, startNotes } from './fixtures/start-notes.ts'

let notes: NotesGateway
beforeAll(async () => {
  notes = await startNotes()
})
afterAll(() => notes[Symbol.asyncDispose]())

/** Reads frames until `count` have come or the stream ends. */
async function frames(response: Response, count = Infinity): Promise<readonly string[]> {
  const decoder = new TextDecoder()
  let text = ''
  if (response.body === null) throw new Error('no body')
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true })
    if (text.split('\n\n').length > count) break
  }
  return text.split('\n\n').filter((frame) => frame !== '')
}

/** Timers of exactly the heartbeat's length fire at once, others as they should. */
function impatient(): Platform {
  const platform = systemPlatform()
  return {
    ...platform,
    setTimer: (callback, delayMs) => platform.setTimer(callback, delayMs === 15_000 ? 20 : delayMs),
  }
}

describe('a stream as Server-Sent Events', () => {
  it('sends a message for each item and says when it is complete', async () => {
    const response = await notes.fetch('/notes/7/events?count=2')
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('content-encoding')).toBeNull()
    expect(await frames(response)).toEqual([
      'id: 1\nevent: message\ndata: {"number":1,"text":"a\\nb"}',
      'id: 2\nevent: message\ndata: {"number":2,"text":"a\\nb"}',
      'event: end\ndata: null',
    ])
  })

  it('is not compressed, though the client would take it', async () => {
    const response = await notes.fetch('/notes/7/events?count=500', { headers: { 'accept-encoding': 'gzip, br' } })
    expect(response.headers.get('content-encoding')).toBeNull()
    expect(await frames(response)).toHaveLength(501)
  })

  it('that fails before its first item answers with the status of the failure', async () => {
    expect(await problemOf(await notes.fetch('/notes/x/events'))).toMatchObject({
      status: 400,
      errors: [{ pointer: '#/id' }],
    })
    expect((await problemOf(await notes.fetch('/notes/7/events?failAfter=0'))).status).toBe(503)
  })

  it('that fails later sends the problem document as its last event', async () => {
    const received = await frames(await notes.fetch('/notes/7/events?failAfter=1'))
    expect(received).toHaveLength(2)
    const [event, data = ''] = received[1]?.split('\n') ?? []
    expect(event).toBe('event: error')
    const problem = JSON.parse(data.slice('data: '.length)) as object
    expect(problem).toMatchObject({ status: 503, code: 'unavailable', instance: '/notes/7/events' })
    expect(data).not.toContain('secret')
  })

  it('shows that it is alive while nothing comes', async () => {
    await using lively = await startNotes({}, { platform: impatient() })
    const received = await frames(await lively.fetch('/notes/7/events'), 6)
    expect(received.slice(0, 3).map((frame) => frame.split('\n')[0])).toEqual(['id: 1', 'id: 2', 'id: 3'])
    expect(received.slice(3, 6)).toEqual([': heartbeat', ': heartbeat', ': heartbeat'])
  })

  it('ends the call when the client goes, also while nothing comes', async () => {
    const leave = new AbortController()
    const waiting = once(notes.world.events, 'waiting')
    const response = await notes.fetch('/notes/7/events', { signal: leave.signal })
    await waiting
    expect(response.status).toBe(200)
    const left = once(notes.world.events, 'aborted')
    leave.abort()
    await left
  })

  it('makes items only as fast as the client reads them', async () => {
    const leave = new AbortController()
    const many = 1_000_000
    const response = await notes.fetch(`/notes/7/events?count=${many}`, { signal: leave.signal })
    const reader = response.body?.getReader()
    await reader?.read()
    // Buffers of both ends fill up; then the handler stands still.
    let before = -1
    await expect
      .poll(
        () => {
          const isStill = before === notes.world.items
          before = notes.world.items
          return isStill
        },
        { interval: 200, timeout: 20_000 },
      )
      .toBe(true)
    expect(notes.world.items).toBeGreaterThan(1)
    expect(notes.world.items).toBeLessThan(many / 2)
    const left = once(notes.world.events, 'left')
    leave.abort()
    await left
  })

  it('without an end of its own is ended when the gateway closes, without saying that it was complete', async () => {
    const closing = await startNotes()
    const waiting = once(closing.world.events, 'waiting')
    const response = await closing.fetch('/notes/7/events')
    await waiting
    const [received] = await Promise.all([frames(response), closing.gateway.close(5000)])
    expect(received).toHaveLength(3)
    await closing[Symbol.asyncDispose]()
  })
})
