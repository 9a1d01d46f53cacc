import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { EventReader, type StreamEvent } from './event-reader.ts'

const tooLong = (): Error => new RangeError('too long')

function eventsOf(...pieces: readonly string[]): readonly StreamEvent[] {
  const reader = new EventReader(tooLong)
  return pieces.flatMap((piece) => [...reader.read(piece)])
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
  const pieces = Array.from({ length: 16_000 }, () => piece)
  expect(eventsOf('data: ', ...pieces, '\n\n')[0]?.data).toHaveLength(16_000_000)
})

describe('an event of more than 16 MB', () => {
  const first = 'data: 1\n\n'
  const block = 'x'.repeat(2 ** 20)
  const blocks = Array.from({ length: 17 }, () => block)
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['in a line without an end', [`data: ${block}`, ...blocks]],
    ['in a field that has no meaning', blocks],
    ['in lines without a blank one', blocks.map((text) => `data: ${text}\n`)],
    ['in lines without a value', Array.from({ length: 40 }, () => 'data\n'.repeat(100_000))],
    ['that ends in the same piece', [`data: ${blocks.join('')}\n\n`]],
  ]

  test.each(cases)('is not kept, %s; those before it are given', (_name, pieces) => {
    const reader = new EventReader(tooLong)
    const seen: StreamEvent[] = []
    const read = (...texts: readonly string[]): void => {
      for (const text of texts) for (const event of reader.read(text)) seen.push(event)
    }
    expect(() => read(first + (pieces[0] ?? ''), ...pieces.slice(1))).toThrow('too long')
    expect(seen).toEqual([{ type: 'message', data: '1' }])
  })

  test('is none where comments, or many events, are as long together', () => {
    const comments = blocks.map((text) => `: ${text}\n`)
    expect(eventsOf('data: 1\n', ...comments, '\n')).toEqual([{ type: 'message', data: '1' }])
    expect(eventsOf(...blocks.map((text) => `data: ${text}\n\n`))).toHaveLength(17)
  })
})
