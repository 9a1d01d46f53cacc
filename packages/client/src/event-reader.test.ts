import fc from 'fast-check'
import { expect, test } from 'vitest'

import { EventReader, type StreamEvent } from './event-reader.ts'

function eventsOf(...pieces: readonly string[]): readonly StreamEvent[] {
  const reader = new EventReader()
  return pieces.flatMap((piece) => reader.read(piece))
}

const line = fc.oneof(
  fc.constantFrom(
    '',
    ': heartbeat',
    'data',
    'data:',
    'data: a',
    'data:b',
    'event: end',
    'event:',
    'id: 1',
    'retry: 5',
    'x',
  ),
  fc.string({ maxLength: 5 }).map((text) => `data: ${text.replaceAll(/[\r\n]/g, '')}`),
)
const streams = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { maxLength: 20 })

test('the events are the same wherever the text is cut, and however its lines end', () => {
  const property = fc.property(streams, fc.array(fc.nat(30), { maxLength: 8 }), (lines, lengths) => {
    const text = lines.map(([line, end]) => line + end).join('')
    const pieces: string[] = []
    let rest = text
    for (const length of lengths) {
      pieces.push(rest.slice(0, length))
      rest = rest.slice(length)
    }
    const whole = eventsOf(lines.map(([line]) => `${line}\n`).join(''))
    expect(eventsOf(...pieces, rest)).toEqual(whole)
    expect(eventsOf(...text.split(''))).toEqual(whole)
  })
  fc.assert(property)
})

test('lines of data belong together, the type has a default, and a block without data is no event', () => {
  expect(eventsOf('data: one\ndata:two\n\nevent: end\ndata: null\n\nevent: x\n\n: heartbeat\n\n')).toEqual([
    { type: 'message', data: 'one\ntwo' },
    { type: 'end', data: 'null' },
  ])
  expect(eventsOf('data:  two spaces\r\rdata\r\r')).toEqual([{ type: 'message', data: ' two spaces' }])
})

test('what breaks off in the middle of an event is no event', () => {
  expect(eventsOf('data: 1\n\ndata: 2\n')).toEqual([{ type: 'message', data: '1' }])
})

test('a long line in many pieces takes no longer than in one', () => {
  const piece = 'x'.repeat(1000)
  const reader = new EventReader()
  for (let count = 0; count < 50_000; count += 1) reader.read(count === 0 ? `data: ${piece}` : piece)
  const [event] = reader.read('\n\n')
  expect(event?.data).toHaveLength(50_000_000)
})
