import type { SupervisorStatus } from '@holon/supervisor'
import { expect, test } from 'vitest'

import { nearest } from '../commands/nearest.ts'
import { startScreen } from '../start/start-screen.ts'
import { createLogSink } from './log-sink.ts'
import { formatDuration, formatTable } from './table.ts'
import { wantsColors } from './wants-colors.ts'

test('colours are for terminals, and NO_COLOR has the last word', () => {
  const terminal = { isTerminal: true, write: () => undefined }
  const pipe = { isTerminal: false, write: () => undefined }
  expect(wantsColors(terminal, {})).toBe(true)
  expect(wantsColors(pipe, {})).toBe(false)
  expect(wantsColors(terminal, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false)
  expect(wantsColors(terminal, { NO_COLOR: '' })).toBe(true)
  expect(wantsColors(pipe, { FORCE_COLOR: '1' })).toBe(true)
  expect(wantsColors(terminal, { TERM: 'dumb' })).toBe(false)
})

test('in JSON, every line is an object, also what a program prints itself', () => {
  const lines: string[] = []
  const sink = createLogSink({ json: true, colors: true, now: () => 5, write: (text) => void lines.push(text) })
  sink.line('orders', '{"level":"info","msg":"x"}')
  sink.line('orders', 'plain {')
  sink.line('orders', '{broken')
  sink.line('orders', 'Error: boom\n    at a (b)')
  sink.event('ready', { readyMs: 7 }, () => 'for people')
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { level: 'info', msg: 'x' },
    { level: 'info', time: 5, source: 'orders', msg: 'plain {' },
    { level: 'info', time: 5, source: 'orders', msg: '{broken' },
    { level: 'error', time: 5, source: 'orders', msg: 'Error: boom\n    at a (b)' },
    { level: 'info', time: 5, event: 'ready', readyMs: 7 },
  ])
})

test('the start screen has colours only where they are wanted', () => {
  const status = { app: 'shop', groups: [], processes: [], adminUrl: 'http://a', gatewayUrl: 'http://g' }
  const show = (colors: boolean): string =>
    startScreen(status as unknown as SupervisorStatus, { readyMs: 1_234, colors, development: true })
  expect(show(false)).toContain('shop is ready in 1.2 s')
  expect(show(false)).toContain('http://g/docs')
  expect(show(false)).not.toContain('\u001B')
  expect(show(true)).toContain('\u001B')
})

test('names that are nearly right get a guess', () => {
  expect(nearest('oders', ['orders', 'cart'])).toBe(" Did you mean 'orders'? There are orders, cart.")
  expect(nearest('zzz', ['orders'])).toBe(' There is orders.')
})

test('tables align, durations are short', () => {
  expect(
    formatTable([
      ['A', 'BB'],
      ['ccc', 'd'],
    ]),
  ).toBe('A    BB\nccc  d\n')
  expect([40, 1_000, 61_000, 3_700_000].map(formatDuration)).toEqual(['40 ms', '1 s', '1 min', '1 h 1 min'])
})
