import { expect, test } from 'vitest'

import { formatLogLine, plainText } from './pretty-line.ts'

test("a program's own line passes with its source in front", () => {
  expect(formatLogLine('hello {', { colors: false, source: 'orders', width: 8 })).toBe('orders   hello {')
  expect(formatLogLine('{"not": "a log line"}', { colors: false, source: 'orders' })).toBe(
    'orders     {"not": "a log line"}',
  )
  expect(formatLogLine('{broken', { colors: false, source: 'orders' })).toBe('orders     {broken')
})

test('a line without a service shows its source, and its fields behind the message', () => {
  const line = JSON.stringify({ level: 'info', time: 0, msg: 'up', fields: { port: 8080, host: 'x' } })
  expect(formatLogLine(line, { colors: false, source: 'main' })).toMatch(/^[\d:]{8} main {7}up {2}port=8080 host=x$/)
})

test('nothing in a line can move the cursor or colour of a terminal', () => {
  const line = JSON.stringify({ level: 'info', time: 0, service: 'a\u001B[2J', msg: 'x\u001B[31my\r\u0007' })
  expect(formatLogLine(line, { colors: false })).toMatch(/ a {10}xy$/)
  expect(plainText('\u001B]0;title\u0007a\tb\nc')).toBe('a\tb\nc')
})
