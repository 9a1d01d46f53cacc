import { settle } from '@holon/contract/manual-platform'
import { describe, expect, it } from 'vitest'

import { initialCredit, ProtocolViolation } from '../wire/frames.ts'
import { ItemPump } from './item-pump.ts'
import { ItemQueue } from './item-queue.ts'
import { sourceOf } from './items.ts'
import { LocalItems } from './local-items.ts'

async function* numbers(count: number, log: string[] = []): AsyncGenerator<number> {
  try {
    for (let n = 0; n < count; n++) yield n
  } finally {
    log.push('left')
  }
}

describe('the queue of items that come over a link', () => {
  /** A sender that uses all the credit it has, and a reader that takes `count` items at a time. */
  async function flow(bytes: number, count: number): Promise<{ most: number; sent: number; granted: number[] }> {
    const granted: number[] = []
    const queue = new ItemQueue({ sendCredit: (more) => granted.push(more) })
    let sent = 0
    let most = 0
    for (let round = 0; round < 200; round++) {
      const allowed = initialCredit + granted.reduce((sum, more) => sum + more, 0)
      while (sent < allowed) queue.push(sent++, bytes)
      most = round < 100 ? 0 : Math.max(most, queue.length)
      for (let taken = 0; taken < count && queue.length > 0; taken++) await queue.next()
    }
    return { most, sent, granted }
  }

  it('allows more ahead while items are small, and less while they are large, without ever stopping', async () => {
    const small = await flow(20, 500)
    expect(small.most).toBeGreaterThan(1_000)
    expect(small.most).toBeLessThanOrEqual(8_192)
    const large = await flow(1_000_000, 500)
    expect(large.most).toBeLessThanOrEqual(2)
    for (const { sent } of [small, large, await flow(5_000, 1), await flow(0, 1)]) expect(sent).toBeGreaterThan(150)
  })

  it('delivers all items in order, whoever is ahead', async () => {
    let allowed = initialCredit
    const queue = new ItemQueue({ sendCredit: (more) => (allowed += more) })
    let sent = 0
    let read = 0
    const send = (most: number): void => {
      for (let left = most; left > 0 && allowed > 0; left--, allowed--) queue.push(sent++, 20)
    }
    for (let round = 0; round < 60; round++) {
      send((round * 7919) % 1500)
      const readers = Array.from({ length: (round * 104_729) % 1300 }, () => queue.next())
      // Those that wait are served as the items come; each of them gives back credit, so that all are.
      while (sent < read + readers.length) send(1)
      const values = (await Promise.all(readers)).map(({ value }) => value as number)
      expect(values).toEqual(values.map(() => read++))
    }
    expect(read).toBeGreaterThan(20_000)
  })

  it('refuses an item without credit, however fast the reader is, and one after the end', async () => {
    const slow = new ItemQueue({ sendCredit: () => {} })
    for (let n = 0; n < initialCredit; n++) slow.push(n, 1)
    expect(() => slow.push('more', 1)).toThrow(ProtocolViolation)
    const ended = new ItemQueue({ sendCredit: () => {} })
    ended.end()
    expect(() => ended.push('late', 1)).toThrow(/after the end/)
  })

  it('delivers what waits before its end or error, and drops it when the call is given up', async () => {
    const ended = new ItemQueue({ sendCredit: () => {} })
    ended.push(1, 1)
    ended.end(new Error('source'))
    expect(await ended.next()).toEqual({ done: false, value: 1 })
    await expect(ended.next()).rejects.toThrow('source')
    expect(await ended.next()).toEqual({ done: true, value: undefined })
    const given = new ItemQueue({ sendCredit: () => {} })
    given.push(1, 1)
    given.fail(new Error('given up'), true)
    await expect(given.next()).rejects.toThrow('given up')
  })

  it('serves readers in the order in which they asked, and tells the end once', async () => {
    const told: unknown[] = []
    const queue = new ItemQueue({ sendCredit: () => {}, onOver: (how) => told.push(how) })
    const waiting = [queue.next(), queue.next(), queue.next()]
    queue.push('a', 1)
    queue.push('b', 1)
    queue.end()
    const done = { done: true, value: undefined }
    expect(await Promise.all(waiting)).toEqual([{ done: false, value: 'a' }, { done: false, value: 'b' }, done])
    expect([await queue.next(), await queue.return()]).toEqual([done, done])
    expect(told).toEqual(['done'])
  })

  it('tells a reader that waits', async () => {
    const queue = new ItemQueue({ sendCredit: () => {} })
    const waiting = queue.next()
    queue.push('x', 1)
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
    const done = pump.run(
      () => sourceOf(numbers(initialCredit + 10)),
      (item) => sent.push(item),
    )
    await settle()
    expect(sent).toHaveLength(initialCredit)
    pump.grant(10)
    expect(await done).toBe('ended')
    expect(sent).toHaveLength(initialCredit + 10)
  })

  it('lets go of its source when it is stopped, also while the source is waited for', async () => {
    const log: string[] = []
    const pump = new ItemPump()
    const done = pump.run(
      () => sourceOf(numbers(1000, log)),
      () => {},
    )
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
    void waiting.run(
      () => sourceOf(silent),
      () => {},
    )
    await settle()
    waiting.stop()
    expect(returned).toBe(true)
  })

  it('lets go of its source when an item cannot be sent', async () => {
    const log: string[] = []
    const broken = new ItemPump().run(
      () => sourceOf(numbers(5, log)),
      () => {
        throw new Error('too large')
      },
    )
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
