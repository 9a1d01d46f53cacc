import { defineService } from '@holon/app'
import { command, defineContract, delay } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { startTestApp } from '../index.ts'
import { createTestClock, type TestClock } from './test-clock.ts'

const standing = (): TestClock =>
  createTestClock({ base: new ManualPlatform(), atMs: 1_000_000, activity: () => 0, calm: async () => undefined })

it('calls each timer at its own time, in order, also those that timers set', async () => {
  const { platform, forward, now } = standing()
  const seen: string[] = []
  const note = (what: string): void => void seen.push(`${what} ${now()}`)
  platform.setTimer(() => note('second'), 200)
  platform.setTimer(() => {
    note('first')
    platform.setTimer(() => note('of the first'), 50)
  }, 100)
  platform.setTimer(() => note('never'), 150).cancel()
  platform.setTimer(() => note('too late'), 301)
  await forward(300)
  expect(seen).toEqual(['first 1000100', 'of the first 1000150', 'second 1000200'])
  expect(now()).toBe(1_000_300)
  await forward(1)
  expect(seen.at(-1)).toBe('too late 1000301')
})

it('calls upkeep once for all the times that have passed', async () => {
  const { platform, forward } = standing()
  let times = 0
  const again = (): void => {
    platform.setTimer(() => (times++, again()), 5_000, 'upkeep')
  }
  again()
  await forward(3_600_000)
  expect(times).toBe(1)
  await forward(5_000)
  expect(times).toBe(2)
})

it('what is called does not depend on the steps in which time is moved', async () => {
  const timers = fc.array(fc.tuple(fc.nat(1_000), fc.option(fc.nat(1_000))), { maxLength: 12 })
  const steps = fc.array(fc.nat(900), { minLength: 1, maxLength: 6 })
  const run = async (
    set: readonly (readonly [number, number | null])[],
    moves: readonly number[],
  ): Promise<string[]> => {
    const { platform, forward, now } = standing()
    const seen: string[] = []
    for (const [index, [ms, then]] of set.entries())
      platform.setTimer(() => {
        seen.push(`${index} at ${now()}`)
        if (then !== null) platform.setTimer(() => seen.push(`${index} again at ${now()}`), then)
      }, ms)
    for (const ms of moves) await forward(ms)
    return seen
  }
  await fc.assert(
    fc.asyncProperty(timers, steps, async (set, moves) => {
      const total = moves.reduce((sum, ms) => sum + ms, 0)
      expect(await run(set, moves)).toEqual(await run(set, [total]))
    }),
  )
})

it('a timer that throws fails the move it was called in, and nothing else', async () => {
  const { platform, forward, now } = standing()
  const seen: number[] = []
  const failing = (message: string) => (): void => {
    throw new Error(message)
  }
  platform.setTimer(failing('first'), 100)
  platform.setTimer(failing('upkeep'), 150, 'upkeep')
  platform.setTimer(failing('second'), 200)
  platform.setTimer(() => seen.push(now()), 300)
  platform.setTimer(() => seen.push(now()), 300, 'upkeep')
  await expect(forward(400)).rejects.toThrow('first')
  expect(seen).toEqual([1_000_300, 1_000_400])
  platform.setTimer(() => seen.push(now()), 100)
  await Promise.all([forward(50), forward(50)])
  expect(seen.at(-1)).toBe(1_000_500)
})

it.each([undefined, 'upkeep'] as const)(
  'a timer that sets itself again at once lets time pass: %s',
  async (purpose) => {
    const { platform, forward, now } = standing()
    let calls = 0
    const again = (): void => {
      // It would never come to an end.
      if (++calls > 10_000) throw new Error('endless')
      platform.setTimer(again, 0, purpose)
    }
    again()
    await forward(1_000)
    expect(now()).toBe(1_001_000)
    expect(calls).toBeGreaterThan(1)
    expect(calls).toBeLessThanOrEqual(1_001)
  },
)

it('a timer that another one cancels is not called, also when both are passed over', async () => {
  const { platform, forward } = standing()
  const seen: string[] = []
  platform.setTimer(() => (seen.push('first'), second.cancel()), 100, 'upkeep')
  const second = platform.setTimer(() => seen.push('second'), 200, 'upkeep')
  await forward(300)
  expect(seen).toEqual(['first'])
})

it('time passes by itself between two moves, unless the clock below stands still', async () => {
  const contract = defineContract('alarm', {
    operations: { wait: command({ input: z.object({ ms: z.int() }), timeoutMs: 10_000_000 }) },
  })
  const alarm = defineService(contract, { operations: { wait: ({ ms }, ctx) => delay(ctx.platform, ms) } })
  await using app = await startTestApp([alarm], { clock: { at: new Date('2026-03-01') } })
  expect(new Date(app.clock.now()).toISOString()).toMatch(/^2026-03-01T00:00:0/)
  await app.client(contract).wait({ ms: 5 })
  const long = app.client(contract).wait({ ms: 3_600_000 })
  await app.clock.forward(3_600_000)
  await long
  await using still = await startTestApp([alarm], { clock: { platform: new ManualPlatform() } })
  const before = still.clock.now()
  await app.client(contract).wait({ ms: 5 })
  expect(still.clock.now()).toBe(before)
})

it('a call whose time is over when it is moved has failed', async () => {
  const contract = defineContract('slow', { operations: { hang: command({ timeoutMs: 1_000 }) } })
  const slow = defineService(contract, { operations: { hang: () => new Promise<void>(() => undefined) } })
  await using app = await startTestApp([slow])
  const call = app
    .client(contract)
    .hang()
    .catch((error: unknown) => error)
  await app.clock.forward(1_500)
  expect(await call).toMatchObject({ code: 'deadline_exceeded' })
})

it.each([NaN, -1, Infinity])('cannot be moved by %s ms', async (ms) => {
  await expect(standing().forward(ms)).rejects.toThrow(RangeError)
})
