import { expect, it } from 'vitest'

import { ManualPlatform } from './manual-platform.ts'

function firings(seed: number, lateMs: number): readonly { readonly dueMs: number; readonly atMs: number }[] {
  const platform = new ManualPlatform({ seed, lateMs })
  const fired: { readonly dueMs: number; readonly atMs: number }[] = []
  for (const dueMs of [30, 10, 20, 11, 40])
    platform.setTimer(() => fired.push({ dueMs, atMs: platform.monotonicMs() }), dueMs)
  platform.advance(100)
  return fired
}

it('timers are punctual unless the test wants them late', () => {
  expect(firings(1, 0)).toEqual([10, 11, 20, 30, 40].map((ms) => ({ dueMs: ms, atMs: ms })))
})

it('late timers keep their order and their bound, and the same seed makes them equally late', () => {
  for (let seed = 0; seed < 50; seed++) {
    const fired = firings(seed, 8)
    expect(fired.map(({ dueMs }) => dueMs)).toEqual([10, 11, 20, 30, 40])
    for (const { dueMs, atMs } of fired) expect(atMs - dueMs >= 0 && atMs - dueMs < 16).toBe(true)
    expect(fired.some(({ dueMs, atMs }) => atMs > dueMs)).toBe(true)
    expect(firings(seed, 8)).toEqual(fired)
  }
})
