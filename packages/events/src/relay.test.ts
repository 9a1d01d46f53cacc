import { ServiceError } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import type { DeadLetter, OutboxRecord } from '@holon/data'
import { expect, it } from 'vitest'

import type { Bus, BusMessage } from './bus.ts'
import { memoryBus } from './embedded/memory-bus.ts'
import { joinEnvelope } from './envelope.ts'
import { limitEvents } from './event-limit.ts'
import { memoryOutbox, type MemoryOutbox } from './fixtures/memory-outbox.ts'
import { PublishFailure } from './publish-failure.ts'
import { Relay, type RelayState } from './relay.ts'

const attributesOf = (id: string): Record<string, string> => ({
  specversion: '1.0',
  id,
  type: 'shop.moved',
  time: '2026-01-02T03:04:05.678Z',
})

const recordOf = (id: string, key: string, data = '{}'): OutboxRecord => ({
  id,
  topic: 'shop.moved',
  key,
  envelope: joinEnvelope(attributesOf(id), data),
})

interface Lab extends MemoryOutbox {
  readonly platform: ManualPlatform
  /** What came out at the other end, ids by key. */
  readonly arrived: Map<string, string[]>
  readonly states: RelayState['state'][]
  readonly setAside: DeadLetter[]
  /** Lets time pass until the outbox is empty. */
  drain(): Promise<boolean>
}

/** An outbox, a relay and a bus, whose `publish` a test may replace. */
async function start(around: (bus: Bus) => Pick<Bus, 'publish'> = (bus) => bus): Promise<Lab> {
  const platform = new ManualPlatform({ seed: 1 })
  const kept = memoryOutbox({ step: () => Promise.resolve() })
  const server = memoryBus(platform)
  const bus = server.connect()
  const arrived = new Map<string, string[]>()
  await bus.subscribe({ subscription: 's', topics: ['shop.moved'], start: 'all', window: 1_000 }, (delivery) => {
    const { key, id } = delivery.message
    arrived.set(key, [...(arrived.get(key) ?? []), id])
    delivery.ack()
  })
  const states: RelayState['state'][] = []
  const setAside: DeadLetter[] = []
  const { publish } = around(bus)
  let ids = 0
  const relay = new Relay({
    outbox: kept.outbox,
    bus: { ...bus, publish },
    platform,
    owner: 'a',
    nextId: () => `letter${(ids += 1)}`,
    onState: ({ state }) => void states.push(state),
    onSetAside: (letter) => void setAside.push(letter),
  })
  await relay.start()
  const drain = (): Promise<boolean> => platform.passUntil(() => kept.waiting === 0, 60_000)
  return {
    ...kept,
    get waiting() {
      return kept.waiting
    },
    platform,
    arrived,
    states,
    setAside,
    drain,
  }
}

it('what the bus can never take is set aside, and everything else leaves, in the order of its key', async () => {
  const { append, drain, arrived, letters, setAside, states } = await start((bus) =>
    limitEvents(bus, { maxEventBytes: 1_000 }),
  )
  const large = JSON.stringify('x'.repeat(50_000))
  append([recordOf('a1', 'a'), recordOf('a2', 'a', large), recordOf('b1', 'b'), recordOf('a3', 'a')])
  append([recordOf('c1', 'c', large), recordOf('c2', 'c'), recordOf('b2', 'b')])
  expect(await drain()).toBe(true)
  expect(Object.fromEntries(arrived)).toEqual({ a: ['a1', 'a3'], b: ['b1', 'b2'], c: ['c2'] })
  expect(letters.map(({ messageId }) => messageId)).toEqual(['a2', 'c1'])
  expect(setAside).toEqual(letters)
  expect(states).toEqual([])
  expect(letters[0]).toMatchObject({
    id: 'letter1',
    subscription: '~outbox',
    topic: 'shop.moved',
    key: 'a',
    envelope: joinEnvelope(attributesOf('a2'), large),
    reason: 'unpublishable',
    error: { code: 'invalid_argument', message: expect.stringMatching(/has 50002 bytes.* at most 1000/) as unknown },
  })
})

it('a row that is no event is set aside, and holds up no other', async () => {
  const { append, drain, arrived, letters } = await start()
  const broken = ['no JSON', '{"id":"x"}', '{"id":{"not":"a text"},"data":1}', '{"id":,"data":1}', '[1,"data":1]']
  append(broken.map((envelope, index) => ({ ...recordOf(`broken${index}`, 'a'), envelope })))
  append([recordOf('a1', 'a'), recordOf('b1', 'b')])
  expect(await drain()).toBe(true)
  expect(Object.fromEntries(arrived)).toEqual({ a: ['a1'], b: ['b1'] })
  expect(letters.map(({ messageId }) => messageId)).toEqual(broken.map((_, index) => `broken${index}`))
})

it('one that is refused without saying which is found, and the others leave in order', async () => {
  const refusing = (bus: Bus): Pick<Bus, 'publish'> => ({
    publish: (messages) =>
      messages.some(({ id }) => id === 'k57' || id === 'k58')
        ? Promise.reject(new ServiceError('invalid_argument', 'one of them'))
        : bus.publish(messages),
  })
  const { append, drain, arrived, letters } = await start(refusing)
  const ids = Array.from({ length: 300 }, (_, n) => `k${n}`)
  append(ids.map((id) => recordOf(id, 'k')))
  expect(await drain()).toBe(true)
  expect(arrived.get('k')).toEqual(ids.filter((id) => id !== 'k57' && id !== 'k58'))
  expect(letters.map(({ messageId }) => messageId)).toEqual(['k57', 'k58'])
})

it('what a failed attempt has stored is not published again by the next ones', async () => {
  const published: string[] = []
  let awayUntil = 5
  const half = (bus: Bus): Pick<Bus, 'publish'> => ({
    publish: async (messages) => {
      const isAway = (awayUntil -= 1) > 0
      const taken: readonly BusMessage[] = messages.filter(({ key }) => !isAway || key !== 'stuck')
      published.push(...taken.map(({ id }) => id))
      await bus.publish(taken)
      if (isAway)
        throw new PublishFailure(new ServiceError('unavailable', 'no leader'), new Set(taken.map(({ id }) => id)))
    },
  })
  const { append, drain, arrived, letters, states } = await start(half)
  const records = Array.from({ length: 20 }, (_, n) => recordOf(`e${n}`, n % 4 === 0 ? 'stuck' : `k${n % 4}`))
  append(records)
  expect(await drain()).toBe(true)
  expect(published.toSorted()).toEqual(records.map(({ id }) => id).toSorted())
  expect(arrived.get('stuck')).toEqual(['e0', 'e4', 'e8', 'e12', 'e16'])
  expect(letters).toEqual([])
  expect(states).toEqual(['stalled', 'recovered'])
})

it('large events are read few at a time, small ones many', async () => {
  const batches: number[] = []
  const counting = (bus: Bus): Pick<Bus, 'publish'> => ({
    publish: (messages) => {
      batches.push(messages.length)
      return bus.publish(messages)
    },
  })
  const { append, drain, arrived } = await start(counting)
  const large = JSON.stringify('x'.repeat(1_000_000))
  append(Array.from({ length: 60 }, (_, n) => recordOf(`l${n}`, 'k', large)))
  expect(await drain()).toBe(true)
  expect(batches.slice(0, 3)).toEqual([32, 7, 7])
  expect(arrived.get('k')).toHaveLength(60)
  batches.length = 0
  append(Array.from({ length: 2_000 }, (_, n) => recordOf(`s${n}`, 'k')))
  expect(await drain()).toBe(true)
  expect(Math.max(...batches)).toBe(500)
})
