import { ManualPlatform } from '@holon/contract/manual-platform'
import fc from 'fast-check'
import { describe, expect, inject, it } from 'vitest'

import { DeadlineWheel, type Expiring } from './deadline-wheel.ts'

class Entry implements Expiring {
  readonly deadlineMs: number
  previous: Expiring | undefined = undefined
  next: Expiring | undefined = undefined
  expiredAtMs: number | undefined
  removedAtMs = Infinity
  abandoned = false
  readonly #platform: ManualPlatform

  constructor(platform: ManualPlatform, deadlineMs: number) {
    this.#platform = platform
    this.deadlineMs = deadlineMs
  }

  expire(): void {
    if (this.expiredAtMs !== undefined) throw new Error('it expired twice')
    this.expiredAtMs = this.#platform.monotonicMs()
  }

  abandon(): void {
    this.abandoned = true
  }
}

/** One slot, the shortest timer, and by how much a timer is late. */
const latestMs = 9 + inject('lateMs')

describe('the deadline wheel', () => {
  it('meets every deadline, never early and at most a slot late, over many rounds, and none that was taken out', () => {
    const anyEntry = fc.record({
      addAtMs: fc.nat(12_000),
      afterMs: fc.oneof(fc.nat(200), fc.nat(20_000)),
      removeAfterMs: fc.option(fc.nat(20_000), { nil: undefined }),
    })
    const property = fc.property(fc.array(anyEntry, { minLength: 1, maxLength: 30 }), (drawn) => {
      const platform = new ManualPlatform({ lateMs: inject('lateMs') })
      const wheel = new DeadlineWheel(platform)
      const startMs = platform.monotonicMs()
      const entries = drawn.map(({ addAtMs, afterMs, removeAfterMs }) => {
        const entry = new Entry(platform, startMs + addAtMs + afterMs)
        platform.setTimer(() => wheel.add(entry), addAtMs)
        const remove = (): void => {
          wheel.remove(entry)
          entry.removedAtMs = platform.monotonicMs()
        }
        if (removeAfterMs !== undefined) platform.setTimer(remove, addAtMs + removeAfterMs)
        return entry
      })
      platform.advance(40_000)
      const wrong = entries.filter(({ deadlineMs, expiredAtMs = Infinity, removedAtMs }) => {
        if (removedAtMs < deadlineMs) return expiredAtMs !== Infinity
        const inTime = expiredAtMs >= deadlineMs && expiredAtMs <= deadlineMs + latestMs
        return removedAtMs > deadlineMs + latestMs && !inTime
      })
      expect(wrong).toEqual([])
      expect(wheel.size).toBe(0)
      expect(platform.timers).toBe(0)
    })
    fc.assert(property, { numRuns: 200 })
  })

  it('expires what is added after its deadline', () => {
    const platform = new ManualPlatform({ lateMs: inject('lateMs') })
    const wheel = new DeadlineWheel(platform)
    platform.advance(100_000)
    const late = new Entry(platform, 5)
    wheel.add(late)
    platform.advance(latestMs)
    expect(late.expiredAtMs).toBeDefined()
  })

  it('has those that wait abandon it when it closes, also without deadline, and no timer is left', () => {
    const platform = new ManualPlatform({ lateMs: inject('lateMs') })
    const wheel = new DeadlineWheel(platform)
    const entries = [new Entry(platform, 2_000), new Entry(platform, Infinity), new Entry(platform, 9_000_000)]
    for (const entry of entries) wheel.add(entry)
    expect(wheel.size).toBe(3)
    wheel.close()
    expect(entries.map(({ abandoned }) => abandoned)).toEqual([true, true, true])
    expect([wheel.size, platform.timers]).toEqual([0, 0])
    platform.advance(10_000)
    expect(entries.map(({ expiredAtMs }) => expiredAtMs)).toEqual([undefined, undefined, undefined])
  })
})
