import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, test } from 'vitest'

import { retrySchedule } from './retry-schedule.ts'

test('by default there are eight tries, with growing waits between 100 ms and 30 s, which differ by chance', () => {
  const schedule = retrySchedule(new ManualPlatform(), undefined)
  const waits = Array.from({ length: 8 }, (_, index) => schedule.waitMs(index + 1))
  expect(waits[7]).toBeUndefined()
  for (const [index, wait] of waits.slice(0, 7).entries()) {
    const longest = 100 * 300 ** (index / 6)
    expect(wait).toBeLessThanOrEqual(longest + 1)
    expect(wait).toBeGreaterThanOrEqual(longest / 2)
  }
  const again = retrySchedule(new ManualPlatform({ seed: 2 }), undefined)
  expect(again.waitMs(3)).not.toBe(waits[2])
})

test('tries, first and longest wait can be chosen', () => {
  const schedule = retrySchedule(new ManualPlatform(), { tries: 4, firstMs: 10, longestMs: 15 })
  expect(schedule.waitMs(1)).toBeLessThanOrEqual(10)
  expect(schedule.waitMs(3)).toBeLessThanOrEqual(15)
  expect(schedule.waitMs(4)).toBeUndefined()
  expect(retrySchedule(new ManualPlatform(), { tries: 1 }).waitMs(1)).toBeUndefined()
})

test('a first wait of nothing is a millisecond, from which the others can grow', () => {
  const schedule = retrySchedule(new ManualPlatform(), { tries: 4, firstMs: 0, longestMs: 100 })
  for (const [failures, longest] of [
    [1, 1],
    [2, 10],
    [3, 100],
  ] as const) {
    expect(schedule.waitMs(failures)).toBeGreaterThanOrEqual(longest / 2)
    expect(schedule.waitMs(failures)).toBeLessThanOrEqual(longest)
  }
})
