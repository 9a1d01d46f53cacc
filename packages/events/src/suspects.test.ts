import { defineContract, event } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { Consumer } from './consumer.ts'
import { memoryBus } from './embedded/memory-bus.ts'
import { memoryStore, memoryWorkplaces } from './fixtures/memory-workplace.ts'
import type { RetryOptions } from './retry-schedule.ts'
import type { Attempt } from './workplace.ts'

const shop = defineContract('shop', {
  events: { moved: event({ key: 'key', data: z.object({ key: z.string() }) }) },
})

/** What a handler does with a message: it is done, fails, ends the process, or goes on until it is given up. */
type Fate = 'done' | 'fails' | 'crash' | 'hangs'

/** One process after the other, with a store and a bus that outlive them. */
class Lives {
  readonly platform = new ManualPlatform()
  readonly store = memoryStore()
  /** Ids of the messages that are in the hands of handlers now, and the most that were at once. */
  readonly inWork = new Set<string>()
  mostAtOnce = 0
  crashes = 0
  away = false
  filter: (() => boolean) | undefined
  readonly #server = memoryBus(this.platform)
  readonly #retry: RetryOptions
  readonly #fates: ReadonlyMap<string, readonly Fate[]>
  readonly #handled = new Map<string, number>()

  /** `fates`: of each message, one after the other; the last one goes on. Messages that are not named are done. */
  constructor(fates: Readonly<Record<string, readonly Fate[]>>, retry: RetryOptions = { tries: 2 }) {
    this.#fates = new Map(Object.entries(fates))
    this.#retry = { firstMs: 10, longestMs: 20, ...retry }
  }

  publish(...keys: readonly string[]): Promise<void> {
    const messages = keys.map((key) => ({ id: key, key, topic: 'shop.moved', attributes: {}, timeMs: 0 }))
    return this.#server
      .connect()
      .publish(messages.map((message) => ({ ...message, body: JSON.stringify({ key: message.key }) })))
  }

  /** A process lives until a handler ends it; if none does, it is stopped in order. */
  async live(forMs = 5_000): Promise<void> {
    const bus = this.#server.connect()
    const life = { over: false }
    this.inWork.clear()
    const consumer = new Consumer({
      bus,
      platform: this.platform,
      event: shop.events.moved,
      subscription: 'mirror.shop.moved',
      workplace: memoryWorkplaces()({
        store: this.store,
        platform: this.platform,
        handle: (attempt) => this.#handle(attempt, life),
        // What has ended writes nothing any more.
        isAway: () => life.over || this.away,
      }),
      nextId: () => 'letter',
      onOutcome: () => undefined,
      retry: this.#retry,
      filter: this.filter,
    })
    await consumer.start()
    if (await this.platform.passUntil(() => life.over, forMs)) return bus.close()
    const stopped = consumer.close(0)
    await this.platform.pass(2_000)
    await stopped
  }

  async #handle({ message: { id }, signal }: Attempt, life: { over: boolean }): Promise<void> {
    const count = this.#handled.get(id) ?? 0
    this.#handled.set(id, count + 1)
    const fates = this.#fates.get(id) ?? ['done']
    this.inWork.add(id)
    this.mostAtOnce = Math.max(this.mostAtOnce, this.inWork.size)
    // Something in it takes a while.
    await new Promise<void>((resolve) => this.platform.setTimer(resolve, 5))
    const fate = fates[count] ?? fates.at(-1)
    if (fate === 'hangs') await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    if (life.over || fate === 'crash') {
      if (!life.over) this.crashes += 1
      life.over = true
      await new Promise(() => undefined)
    }
    this.inWork.delete(id)
    if (fate === 'fails') throw new Error('on purpose')
  }
}

it('a message that ends its process each time is buried after its tries; those of other keys are handled', async () => {
  const lives = new Lives({ poison: ['crash'] })
  await lives.live()
  await lives.publish('a', 'poison', 'b')
  for (let life = 0; life < 5; life += 1) await lives.live()
  expect(lives.crashes).toBe(3)
  expect(lives.store.letters).toMatchObject([
    {
      messageId: 'poison',
      reason: 'crashed',
      attempts: 2,
      error: { message: expect.stringContaining('ended at least 2 times while') as unknown },
    },
  ])
  expect(lives.store.applied.map(({ id }) => id).toSorted()).toEqual(['a', 'b'])
  expect(lives.store.tries.size).toBe(0)
})

it('however often it may be tried, a message ends no more than four processes', async () => {
  const lives = new Lives({ poison: ['crash'] }, { tries: 50 })
  await lives.live()
  await lives.publish('poison')
  for (let life = 0; life < 6; life += 1) await lives.live()
  expect(lives.crashes).toBe(4)
  expect(lives.store.letters).toMatchObject([{ reason: 'crashed', attempts: 3 }])
})

it('a message that was never delivered before is counted nowhere', async () => {
  const lives = new Lives({ a: ['fails', 'done'] })
  await lives.live()
  await lives.publish('a', 'b')
  lives.store.tries.set = () => expect.fail('It was counted.')
  await lives.live()
  expect(lives.store.applied.map(({ id }) => id).toSorted()).toEqual(['a', 'b'])
})

it('of suspects one at a time is tried, so that none is blamed for what another does', async () => {
  const lives = new Lives({ poison: ['crash'] })
  await lives.live()
  const innocent = Array.from({ length: 20 }, (_, index) => `m${index}`)
  await lives.publish(...innocent.slice(0, 10), 'poison', ...innocent.slice(10))
  await lives.live()
  lives.mostAtOnce = 0
  for (let life = 0; life < 4; life += 1) await lives.live()
  expect(lives.mostAtOnce).toBe(1)
  expect(lives.store.letters.map(({ messageId }) => messageId)).toEqual(['poison'])
  expect(lives.store.applied).toHaveLength(innocent.length)
})

it('failures and ends of the process count together', async () => {
  const lives = new Lives({ bad: ['crash', 'fails', 'crash', 'done'] }, { tries: 3 })
  await lives.live()
  await lives.publish('bad')
  for (let life = 0; life < 4; life += 1) await lives.live()
  // The first was not suspected; then one that failed, one that ended the process, and the last, which goes well.
  expect(lives.store.applied).toHaveLength(1)
  expect(lives.store.letters).toEqual([])
  const worse = new Lives({ bad: ['crash', 'fails', 'fails', 'crash'] }, { tries: 3 })
  await worse.live()
  await worse.publish('bad')
  for (let life = 0; life < 4; life += 1) await worse.live()
  expect(worse.store.letters).toMatchObject([{ reason: 'crashed', attempts: 3 }])
})

it('a try that an orderly stop interrupts does not count', async () => {
  const lives = new Lives({ slow: ['crash', 'hangs', 'hangs', 'done'] }, { tries: 1 })
  await lives.live()
  await lives.publish('slow')
  await lives.live()
  await lives.live(100)
  expect(lives.store.tries.get('slow')).toMatchObject({ begun: 0 })
  await lives.live(100)
  await lives.live()
  expect(lives.store.applied).toHaveLength(1)
})

it('a try that could not run because the store is away does not count', async () => {
  const lives = new Lives({ a: ['crash', 'done'] }, { tries: 1 })
  await lives.live()
  await lives.publish('a')
  await lives.live()
  lives.away = true
  await lives.live()
  lives.away = false
  await lives.live()
  expect(lives.store.letters).toEqual([])
  expect(lives.store.applied).toHaveLength(1)
})

it('a try that was counted although the answer was lost is not taken for one that ended its process', async () => {
  const lives = new Lives({ a: ['crash', 'done'] })
  await lives.live()
  await lives.publish('a')
  await lives.live()
  const { tries } = lives.store
  let lost = 0
  tries.set = (id, counted) => {
    Map.prototype.set.call(tries, id, counted)
    lost += 1
    if (lost <= 3) throw new Error('no answer')
    return tries
  }
  await lives.live()
  expect(lost).toBeGreaterThan(0)
  expect(lives.store.letters).toEqual([])
  expect(lives.store.applied).toHaveLength(1)
})

it('a message that the filter passes over is done with, also if its tries cannot be forgotten', async () => {
  const lives = new Lives({ a: ['crash'] })
  await lives.live()
  await lives.publish('a')
  await lives.live()
  lives.filter = () => false
  lives.store.tries.delete = () => {
    throw new Error('away')
  }
  await lives.live()
  lives.filter = undefined
  await lives.live()
  expect(lives.crashes).toBe(1)
  expect(lives.store.letters).toEqual([])
})
