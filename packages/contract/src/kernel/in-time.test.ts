import { describe, expect, inject, test } from 'vitest'

import { messageOf } from './foreign/foreign-text.ts'
import { inTime } from './in-time.ts'
import { ManualPlatform } from './manual-platform.ts'
import { within } from './within.ts'

const platform = (): ManualPlatform => new ManualPlatform({ lateMs: inject('lateMs') })
const never = new Promise<never>(() => undefined)
const timeoutError = (): Error => new Error('late')

describe('inTime', () => {
  test('gives what the work gives, and leaves no timer behind', async () => {
    const clock = platform()
    const deadline = { platform: clock, timeoutMs: 100, timeoutError }
    await expect(inTime(deadline, Promise.resolve(7))).resolves.toBe(7)
    await expect(inTime(deadline, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(clock.timers).toBe(0)
  })

  test('rejects when the time is over; a failure that comes later is nobody’s', async () => {
    const clock = platform()
    const work = Promise.withResolvers<never>()
    const late = inTime({ platform: clock, timeoutMs: 100, timeoutError }, work.promise).catch(messageOf)
    await clock.pass(10_000)
    await expect(late).resolves.toBe('late')
    work.reject(new Error('after that'))
    await clock.pass(0)
    expect(clock.timers).toBe(0)
  })

  test('rejects as soon as the signal aborts, or at once', async () => {
    const clock = platform()
    const giveUp = new AbortController()
    const deadline = { platform: clock, timeoutMs: 100, timeoutError, signal: giveUp.signal }
    const waiting = inTime(deadline, never).catch(messageOf)
    giveUp.abort(new Error('given up'))
    await expect(waiting).resolves.toBe('given up')
    await expect(inTime(deadline, never)).rejects.toThrow('given up')
    expect(clock.timers).toBe(0)
  })
})

describe('within', () => {
  test('says whether the work was done in time, and leaves no timer behind', async () => {
    const clock = platform()
    await expect(within(clock, 100, Promise.resolve())).resolves.toBe(true)
    await expect(within(clock, 100, Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    expect(clock.timers).toBe(0)
    const work = Promise.withResolvers<never>()
    const late = within(clock, 100, work.promise)
    await clock.pass(10_000)
    await expect(late).resolves.toBe(false)
    work.reject(new Error('after that'))
    await clock.pass(0)
  })
})
