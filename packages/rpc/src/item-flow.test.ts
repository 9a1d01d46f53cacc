import { describe, expect, it } from 'vitest'

import { settle } from './fixtures/manual-platform.ts'
import { initialCredit, ProtocolViolation } from './frames.ts'
import { ItemPump } from './item-pump.ts'
import { ItemQueue } from './item-queue.ts'
import { LocalItems } from './local-items.ts'

async function* numbers(count: number, log: string[] = []): AsyncGenerator<number> {
  try {
    for (let n = 0; n < count; n++) yield n
  } finally {
    log.push('left')
  }
}

describe('the queue of items that come over a link', () => {
  it('gives back exactly as much credit as was taken', async () => {
    let credit = 0
    const queue = new ItemQueue((count) => (credit += count))
    let allowed = initialCredit
    let next = 0
    for (let round = 0; round < 20; round++) {
      for (; allowed > 0; allowed--) queue.push(next++)
      for (let taken = 0; taken < 40; taken++) await queue.next()
      allowed += credit
      credit = 0
    }
    expect(next).toBeGreaterThan(500)
  })

  it('refuses an item without credit, however fast the reader is, and one after the end', async () => {
    const slow = new ItemQueue(() => {})
    for (let n = 0; n < initialCredit; n++) slow.push(n)
    expect(() => slow.push('more')).toThrow(ProtocolViolation)
    const ended = new ItemQueue(() => {})
    ended.end()
    expect(() => ended.push('late')).toThrow(/after the end/)
  })

  it('delivers what waits before its end or error, and drops it when the call is given up', async () => {
    const ended = new ItemQueue(() => {})
    ended.push(1)
    ended.end(new Error('source'))
    expect(await ended.next()).toEqual({ done: false, value: 1 })
    await expect(ended.next()).rejects.toThrow('source')
    expect(await ended.next()).toEqual({ done: true, value: undefined })
    const given = new ItemQueue(() => {})
    given.push(1)
    given.fail(new Error('given up'), true)
    await expect(given.next()).rejects.toThrow('given up')
  })

  it('tells a reader that waits', async () => {
    const queue = new ItemQueue(() => {})
    const waiting = queue.next()
    queue.push('x')
    expect(await waiting).toEqual({ done: false, value: 'x' })
    const last = queue.next()
    queue.end()
    expect(await last).toEqual({ done: true, value: undefined })
  })
})

describe('the pump of items onto a link', () => {
  it('sends no more than its credit, tells the end without any, and goes on when it gets some', async () => {
    const sent: unknown[] = []
    const pump = new ItemPump()
    const done = pump.run(numbers(initialCredit + 10), (item) => sent.push(item))
    await settle()
    expect(sent).toHaveLength(initialCredit)
    pump.grant(10)
    expect(await done).toBe('ended')
    expect(sent).toHaveLength(initialCredit + 10)
  })

  it('lets go of its source when it is stopped, also while the source is waited for', async () => {
    const log: string[] = []
    const pump = new ItemPump()
    const done = pump.run(numbers(1000, log), () => {})
    await settle()
    pump.stop()
    expect(await done).toBe('stopped')
    await settle()
    expect(log).toEqual(['left'])

    let returned = false
    const silent: AsyncIterable<unknown> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => Promise.resolve({ done: true, value: (returned = true) }),
      }),
    }
    const waiting = new ItemPump()
    void waiting.run(silent, () => {})
    await settle()
    waiting.stop()
    expect(returned).toBe(true)
  })

  it('lets go of its source when an item cannot be sent', async () => {
    const log: string[] = []
    const broken = new ItemPump().run(numbers(5, log), () => {
      throw new Error('too large')
    })
    await expect(broken).rejects.toThrow('too large')
    await settle()
    expect(log).toEqual(['left'])
  })
})

describe('items within a process', () => {
  it('end with the call, whatever their source waits for', async () => {
    const silent: AsyncIterable<unknown> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) }
    const items = new LocalItems(
      silent,
      () => {},
      (error) => error,
    )
    const waiting = items.next()
    items.release(new Error('given up'))
    await expect(waiting).rejects.toThrow('given up')
    expect(await items.next()).toEqual({ done: true, value: undefined })
  })

  it('are left when the reader leaves or the call is answered', async () => {
    for (const leave of ['return', 'release'] as const) {
      const log: string[] = []
      const items = new LocalItems(
        numbers(5, log),
        () => {},
        (error) => error,
      )
      await items.next()
      await items[leave]()
      await settle()
      expect(log).toEqual(['left'])
    }
  })
})
