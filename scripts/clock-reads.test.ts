import { expect, test } from 'vitest'

import { clockReads } from './clock-reads.ts'

test('only a Date without a time reads the clock', () => {
  const source = [
    'new Date(platform.now())',
    '// new Date()',
    'const at: Date = new Date()',
    '"new Date()"',
    'Date()',
    'new Date',
  ]
  expect(clockReads('a.ts', source.join('\n'))).toEqual([3, 5, 6])
})
