import { expect, test } from 'vitest'

import { type Backoff, backoffMs } from './backoff.ts'

const least = { random: () => 0 }
const most = { random: () => 1 - Number.EPSILON }
const failures = [1, 2, 3, 4, 5, 6, 2_000]

function waits(platform: typeof least, backoff: Backoff): readonly number[] {
  return failures.map((count) => Math.round(backoffMs(platform, count, backoff)))
}

test('the wait doubles with each failure up to the longest, and is half of that at least', () => {
  const backoff = { firstMs: 100, longestMs: 1_000 }
  expect(waits(most, backoff)).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000])
  expect(waits(least, backoff)).toEqual([50, 100, 200, 400, 500, 500, 500])
})

test('it grows by another factor, or not at all', () => {
  expect(waits(most, { firstMs: 1, longestMs: 100, factor: 3 })).toEqual([1, 3, 9, 27, 81, 100, 100])
  expect(waits(most, { firstMs: 500, longestMs: 500, factor: 1 })).toEqual(failures.map(() => 500))
})
