import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, test } from 'vitest'

import type { Pulse } from './launch.ts'
import { watchPulse } from './pulse-watch.ts'

type Answer = Awaited<ReturnType<Pulse['ask']>>

function setUp(): {
  readonly platform: ManualPlatform
  /** Gives the answer to all that was asked. */
  readonly answer: (answer: Answer) => void
  readonly asked: () => number
  readonly silent: () => number
  readonly watch: ReturnType<typeof watchPulse>
} {
  const platform = new ManualPlatform()
  const questions: ((answer: Answer) => void)[] = []
  let [asked, silent] = [0, 0]
  const ask = (): Promise<Answer> => {
    asked += 1
    return new Promise((resolve) => {
      questions.push(resolve)
    })
  }
  const watch = watchPulse({ platform, pulse: { ask }, silenceMs: 10_000, onSilent: () => (silent += 1) })
  const answer = (given: Answer): void => questions.splice(0).forEach((resolve) => resolve(given))
  return { platform, answer, asked: () => asked, silent: () => silent, watch }
}

test('five questions without an answer are silence, which is told once', async () => {
  const { platform, asked, silent, watch } = setUp()
  await platform.pass(9_999)
  expect({ asked: asked(), silent: silent() }).toEqual({ asked: 5, silent: 0 })
  await platform.pass(1)
  expect({ asked: asked(), silent: silent() }).toEqual({ asked: 5, silent: 1 })
  await platform.pass(60_000)
  expect({ asked: asked(), silent: silent() }).toEqual({ asked: 5, silent: 1 })
  watch.cancel()
})

test('a late answer counts for all that was asked before', async () => {
  const { platform, answer, silent, watch } = setUp()
  for (let round = 0; round < 10; round += 1) {
    await platform.pass(8_000)
    expect(watch.isSilent).toBe(true)
    answer('alive')
    await platform.pass(0)
    expect(watch.isSilent).toBe(false)
  }
  expect(silent()).toBe(0)
  watch.cancel()
})

test('time that passes while nobody asks is no silence, however long it is', async () => {
  const { platform, answer, silent, watch } = setUp()
  answer('alive')
  await platform.pass(0)
  // A clock that jumps: the timer that was due long ago comes once.
  const nowMs = platform.monotonicMs()
  platform.monotonicMs = () => nowMs + 3_600_000
  await platform.pass(2_000)
  expect(silent()).toBe(0)
  answer('alive')
  await platform.pass(2_000)
  expect(watch.isSilent).toBe(false)
  watch.cancel()
})

test('a debugger may hold a process for as long as it likes, and one that has gone may not', async () => {
  const { platform, answer, silent, watch } = setUp()
  answer('being debugged')
  await platform.pass(600_000)
  expect(watch.isSilent).toBe(true)
  expect(silent()).toBe(0)
  answer('alive')
  await platform.pass(12_000)
  expect(silent()).toBe(1)
})

test('once it is cancelled nothing is asked', async () => {
  const { platform, asked, watch } = setUp()
  watch.cancel()
  await platform.pass(60_000)
  expect(asked()).toBe(1)
  expect(platform.timers).toBe(0)
})
