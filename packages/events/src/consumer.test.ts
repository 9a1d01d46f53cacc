import { defineContract, delay, event, ServiceError } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, inject, it } from 'vitest'
import { z } from 'zod'

import type { Bus } from './bus.ts'
import { Consumer } from './consumer.ts'
import { memoryBus } from './embedded/memory-bus.ts'
import { memoryStore, type MemoryStore, memoryWorkplaces } from './fixtures/memory-workplace.ts'
import type { Attempt, Workplace } from './workplace.ts'

const shop = defineContract('shop', {
  events: { moved: event({ key: 'key', data: z.object({ key: z.string() }) }) },
})

function consumerOn(
  bus: Bus,
  platform: ManualPlatform,
  store: MemoryStore,
  workplace: Workplace = memoryWorkplaces()({ store, platform, handle: () => Promise.resolve(), isAway: () => false }),
): Consumer {
  return new Consumer({
    bus,
    platform,
    event: shop.events.moved,
    subscription: 'mirror.shop.moved',
    workplace,
    nextId: () => 'letter',
    onOutcome: () => undefined,
  })
}

/** Refuses to be joined as many times. */
function refusing(bus: Bus, code: 'unavailable' | 'invalid_argument', times: number): Bus & { readonly left: number } {
  let left = times
  return {
    ...bus,
    get left() {
      return left
    },
    subscribe: (options, deliver) => {
      left -= 1
      return left >= 0 ? Promise.reject(new ServiceError(code, 'Not now.')) : bus.subscribe(options, deliver)
    },
  }
}

it('a consumer that begins while the bus is away joins as soon as it is back', async () => {
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  const bus = memoryBus(platform).connect()
  const store: MemoryStore = memoryStore()
  const started = consumerOn(refusing(bus, 'unavailable', 3), platform, store).start()
  await platform.pass(10_000)
  await started
  const message = { id: '1', topic: 'shop.moved', key: 'k', attributes: {}, body: '{"key":"k"}', timeMs: 0 }
  await bus.publish([message])
  expect(await platform.passUntil(() => store.applied.length === 1, 1000)).toBe(true)
})

it('one that was not started joins once for all who ask at the same time', async () => {
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  const bus = refusing(memoryBus(platform).connect(), 'unavailable', 0)
  const consumer = consumerOn(bus, platform, memoryStore())
  const ask = async (): Promise<boolean> => (await consumer.joined()).paused()
  expect(await Promise.all([ask(), ask()])).toEqual([false, false])
  expect(bus.left).toBe(-1)
})

it('a subscription that the bus refuses for another reason is not tried again', async () => {
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  const bus = refusing(memoryBus(platform).connect(), 'invalid_argument', 1)
  const consumer = consumerOn(bus, platform, memoryStore())
  await expect(consumer.start()).rejects.toMatchObject({ code: 'invalid_argument' })
})

it('a consumer that is closed while the bus is away gives up joining', async () => {
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  const bus = refusing(memoryBus(platform).connect(), 'unavailable', 1000)
  const consumer = consumerOn(bus, platform, memoryStore())
  const started = consumer.start()
  await platform.pass(1000)
  await consumer.close(0)
  await started
  const { left } = bus
  await platform.pass(10_000)
  expect(bus.left).toBe(left)
})

/** How many messages shared a transaction, of 300 with different keys, where each transaction takes `commitMs` besides. */
async function groupSizes(times: {
  readonly handlerMs: number
  readonly commitMs: number
}): Promise<readonly number[]> {
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  const store = memoryStore()
  const handle = (): Promise<void> => delay(platform, times.handlerMs)
  const { applyTogether, ...others } = memoryWorkplaces()({ store, platform, handle, isAway: () => false })
  const sizes: number[] = []
  const workplace: Workplace = {
    ...others,
    apply: async (attempt) => {
      sizes.push(1)
      await delay(platform, times.commitMs)
      return others.apply(attempt)
    },
    applyTogether: async (attempts) => {
      sizes.push(attempts.length)
      await delay(platform, times.commitMs)
      return (await applyTogether?.(attempts)) ?? []
    },
  }
  const bus = memoryBus(platform).connect()
  await consumerOn(bus, platform, store, workplace).start()
  const ids = Array.from({ length: 300 }, (_, n) => String(n))
  await bus.publish(
    ids.map((id) => ({ id, topic: 'shop.moved', key: id, attributes: {}, body: `{"key":"${id}"}`, timeMs: 0 })),
  )
  expect(await platform.passUntil(() => store.applied.length === ids.length, 60_000)).toBe(true)
  expect(new Set(store.applied.map(({ id }) => id)).size).toBe(ids.length)
  return sizes
}

it('messages of quick handlers share transactions, however long those take, and of slow ones none', async () => {
  expect(Math.max(...(await groupSizes({ handlerMs: 1, commitMs: 60 })))).toBeGreaterThan(8)
  expect(Math.max(...(await groupSizes({ handlerMs: 200, commitMs: 1 })))).toBe(1)
})

it('handlers that hang hold up no others, however quick those usually are', async () => {
  const platform = new ManualPlatform({ lateMs: inject('lateMs') })
  const store = memoryStore()
  const handle = ({ message }: Attempt): Promise<void> => delay(platform, message.key.startsWith('slow') ? 20_000 : 1)
  const workplace = memoryWorkplaces()({ store, platform, handle, isAway: () => false })
  const bus = memoryBus(platform).connect()
  await consumerOn(bus, platform, store, workplace).start()
  const publish = (keys: readonly string[]): Promise<void> =>
    bus.publish(
      keys.map((id) => ({ id, topic: 'shop.moved', key: id, attributes: {}, body: `{"key":"${id}"}`, timeMs: 0 })),
    )
  await publish(Array.from({ length: 100 }, (_, n) => `first ${n}`))
  expect(await platform.passUntil(() => store.applied.length === 100, 10_000)).toBe(true)
  for (let n = 0; n < 6; n += 1) {
    await publish([`slow ${n}`])
    await platform.pass(100)
  }
  await publish(['quick'])
  const isApplied = (): boolean => store.applied.some(({ id }) => id === 'quick')
  expect(await platform.passUntil(isApplied, 500)).toBe(true)
})
