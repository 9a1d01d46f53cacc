import { expect, test } from 'vitest'

import { readEvents, type StreamEvent } from './event-stream.ts'

/** The events of a response that arrives in these pieces. */
async function eventsOf(...pieces: string[]): Promise<StreamEvent[]> {
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
      controller.close()
    },
  })
  const events: StreamEvent[] = []
  for await (const event of readEvents(body)) events.push(event)
  return events
}

const text = 'id: 1\nevent: message\ndata: {"a":1}\n\n: heartbeat\n\nevent: end\ndata: null\n\n'
const events = [
  { type: 'message', data: '{"a":1}' },
  { type: 'end', data: 'null' },
]

test('events are read wherever the pieces end; heartbeats are none', async () => {
  expect(await eventsOf(text)).toEqual(events)
  expect(await eventsOf(...text.split(''))).toEqual(events)
  expect(await eventsOf(text.replaceAll('\n', '\r\n'))).toEqual(events)
})

test('what breaks off in the middle of an event is no event', async () => {
  expect(await eventsOf(text.slice(0, -1))).toEqual(events.slice(0, 1))
})

test('lines of data belong together, and the type has a default', async () => {
  expect(await eventsOf('data: one\ndata:two\n\n')).toEqual([{ type: 'message', data: 'one\ntwo' }])
})
