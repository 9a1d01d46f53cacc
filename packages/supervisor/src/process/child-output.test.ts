import { PassThrough } from 'node:stream'

import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, test } from 'vitest'

import { readLines } from './child-output.ts'

function child(): {
  readonly texts: readonly string[]
  readonly stdout: PassThrough
  readonly stderr: PassThrough
  readonly platform: ManualPlatform
  untilRead(): Promise<void>
} {
  const texts: string[] = []
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const platform = new ManualPlatform()
  readLines({ stdout, stderr }, platform, (text) => void texts.push(text))
  return { texts, stdout, stderr, platform, untilRead: () => new Promise((resolve) => setImmediate(resolve)) }
}

test('the stack of a crash is one text, in however many pieces it comes', async () => {
  const { texts, stderr, untilRead } = child()
  for (const piece of ['file:///a.ts:1\n  throw x\n', '  ^\n\nError: bo', 'om\n    at a (b)\n', '\nNode.js v24\n']) {
    stderr.write(piece)
    await untilRead()
  }
  expect(texts).toEqual([])
  stderr.end()
  await untilRead()
  expect(texts).toEqual(['file:///a.ts:1\n  throw x\n  ^\nError: boom\n    at a (b)\nNode.js v24'])
})

test('of a process that lives on, a stack is handed over as soon as nothing more comes', async () => {
  const { texts, stderr, platform, untilRead } = child()
  stderr.write('Error: warned\n    at a (b)\n')
  await untilRead()
  platform.advance(49)
  expect(texts).toEqual([])
  platform.advance(1)
  expect(texts).toEqual(['Error: warned\n    at a (b)'])
  stderr.write('a\nb\n')
  await untilRead()
  platform.advance(50)
  expect(texts.slice(1)).toEqual(['a', 'b'])
})

test('ordinary output comes line by line at once, indented or not', async () => {
  const { texts, stdout, untilRead } = child()
  stdout.write('one\n  two\n')
  await untilRead()
  expect(texts).toEqual(['one', '  two'])
})

test('a stack without end is handed over in pieces', async () => {
  const { texts, stderr, untilRead } = child()
  for (let piece = 0; piece < 4; piece += 1) {
    stderr.write(`  at ${'x'.repeat(200_000)}\n`)
    await untilRead()
  }
  expect(texts.map((text) => text.length)).toEqual([400_011, 400_011])
})
