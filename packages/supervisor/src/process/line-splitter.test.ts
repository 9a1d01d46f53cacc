import { expect, test } from 'vitest'

import { createLineSplitter } from './line-splitter.ts'

function split(...chunks: string[]): string[] {
  const lines: string[] = []
  const splitter = createLineSplitter((line) => void lines.push(line))
  for (const chunk of chunks) splitter.push(chunk)
  splitter.end()
  return lines
}

test('lines come whole, however they arrive, and empty ones not at all', () => {
  expect(split('a', 'b\nc\n\nd', '\ne')).toEqual(['ab', 'c', 'd', 'e'])
  expect(split()).toEqual([])
})

test('a line without end is handed over in pieces instead of growing for ever', () => {
  const lines = split('x'.repeat(200_000), 'x'.repeat(200_000), 'x\n')
  expect(lines.map((line) => line.length)).toEqual([400_000, 1])
})
