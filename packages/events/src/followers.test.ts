import { defineContract, event } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { beforeEach, describe, expect, inject, it } from 'vitest'
import { z } from 'zod'

import type { Bus, BusMessage, Delivery } from './bus.ts'
import { type MemoryBus, memoryBus } from './embedded/memory-bus.ts'
import type { FollowedEvent } from './follower.ts'
import { Followers } from './followers.ts'

const Moved = z.object({ id: z.string(), at: z.number() })
const { moved, lost } = defineContract('depot', {
  events: { moved: event({ key: 'id', data: Moved }), lost: event({ key: 'id', data: z.object({ id: z.string() }) }) },
}).events

let platform: ManualPlatform
let server: MemoryBus
let bus: Bus
let faults: unknown[]
/** How many subscriptions the bus has that somebody follows by. */
let open = 0
let joins = 0
let published = 0

beforeEach(() => {
  platform = new ManualPlatform({ lateMs: inject('lateMs') })
  server = memoryBus(platform)
  bus = server.connect()
  faults = []
  open = joins = published = 0
})

/** Counts what is open on it. */
function counted(on: Bus): Bus {
  return {
    ...on,
    subscribe: async (options, deliver) => {
      joins += 1
      const joined = await on.subscribe(options, deliver)
      open += 1
      return { ...joined, close: () => ((open -= 1), joined.close()) }
    },
  }
}

const followersOn = (on: Bus): Followers =>
  new Followers({ bus: counted(on), platform, onFault: (error) => faults.push(error) })

const message = (id: string, data: object = { id, at: 1 }, topic = moved.id): BusMessage => ({
  ...{ id: `m${(published += 1)}`, topic, key: id, attributes: { source: '/app/depot' }, timeMs: 5 },
  body: JSON.stringify(data),
})
const publish = (...ids: string[]): Promise<void> => bus.publish(ids.map((id, n) => message(id, { id, at: n })))

async function take(events: AsyncIterator<FollowedEvent<typeof moved>>, count: number): Promise<number[]> {
  const taken: number[] = []
  while (taken.length < count) taken.push((await events.next()).value?.data.at ?? NaN)
  return taken
}

describe('following', () => {
  it('gives what is published from then on, with what is known of it, checked and without what the contract does not know', async () => {
    await bus.publish([message('early')])
    const events = await followersOn(bus).follow(moved)
    await bus.publish([message('p1', { id: 'p1', at: 7, secret: true })])
    expect((await events.next()).value).toStrictEqual({
      ...{ id: 'm2', type: 'depot.moved', key: 'p1', source: '/app/depot', publishedAt: new Date(5), attempt: 1 },
      data: { id: 'p1', at: 7 },
    })
  })

  it('in two replicas gives every event to both', async () => {
    const replicas = [followersOn(bus), followersOn(server.connect())]
    const both = await Promise.all(replicas.map((followers) => followers.follow(moved)))
    await publish('a', 'b', 'a')
    for (const events of both) expect(await take(events, 3)).toStrictEqual([0, 1, 2])
  })

  it('gives the events of one key in their order, and none of another', async () => {
    const events = await followersOn(bus).follow(moved, { key: 'a' })
    await publish('a', 'b', 'a', 'c', 'a')
    expect(await take(events, 3)).toStrictEqual([0, 2, 4])
  })

  it('gives several events in one iteration, and one that is named twice once', async () => {
    const events = await followersOn(bus).follow([moved, lost, moved], { key: 'a' })
    await bus.publish([message('a'), message('a', { id: 'a' }, lost.id), message('a', { id: 'a', at: 2 })])
    const types: string[] = []
    for await (const { type } of events) if (types.push(type) === 3) break
    expect(types.toSorted()).toStrictEqual(['depot.lost', 'depot.moved', 'depot.moved'])
  })

  it('refuses to follow nothing', async () => {
    await expect(followersOn(bus).follow([])).rejects.toMatchObject({ code: 'invalid_argument' })
  })

  it('gives each follower data of its own', async () => {
    const followers = followersOn(bus)
    const [one, other] = await Promise.all([followers.follow(moved), followers.follow(moved)])
    await publish('a')
    const [first, second] = [await one.next(), await other.next()]
    expect(first.value?.data).toStrictEqual(second.value?.data)
    expect(first.value?.data).not.toBe(second.value?.data)
  })

  it('passes over an event that does not match the contract, and tells of it once', async () => {
    const followers = followersOn(bus)
    const all = await Promise.all([1, 2].map(() => followers.follow(moved)))
    await bus.publish([message('a', { id: 'a', at: 'noon' }), message('a', { id: 'a', at: 3 })])
    for (const events of all) expect(await take(events, 1)).toStrictEqual([3])
    expect(faults).toMatchObject([{ message: /depot\.moved m1.* does not match .*at: / }])
  })

  it('gives nothing twice, also when the bus delivers it again', async () => {
    let deliver: (delivery: Delivery) => void = () => undefined
    const events = await followersOn({
      ...bus,
      subscribe: (options, take) => {
        deliver = take
        return bus.subscribe(options, take)
      },
    }).follow(moved)
    const acked: boolean[] = []
    const lent = { revoked: new AbortController().signal, ack: () => void acked.push(true) }
    deliver({ ...lent, message: message('a', { id: 'a', at: 1 }), redelivered: false })
    deliver({ ...lent, message: message('a', { id: 'a', at: 1 }), redelivered: true })
    deliver({ ...lent, message: message('a', { id: 'a', at: 2 }), redelivered: false })
    expect(await take(events, 2)).toStrictEqual([1, 2])
    expect(acked).toHaveLength(3)
  })
})

describe('one subscription on the bus', () => {
  it('is enough for a thousand followers of one key, and each of them gets its events', async () => {
    const followers = followersOn(bus)
    const all = await Promise.all(Array.from({ length: 1_000 }, () => followers.follow(moved, { key: 'a' })))
    await publish('a', 'b', 'a')
    for (const events of all) expect(await take(events, 2)).toStrictEqual([0, 2])
    expect([joins, open]).toStrictEqual([1, 1])
  })

  it('is left some seconds after its last follower, and kept for one that comes before', async () => {
    const followers = followersOn(bus)
    for (let round = 0; round < 3; round += 1) {
      await (await followers.follow(moved, { key: `${round}` })).return()
      await platform.pass(1_000)
    }
    expect([joins, open]).toStrictEqual([1, 1])
    await platform.pass(10_000)
    expect([joins, open, platform.timers]).toStrictEqual([1, 0, 1])
    const events = await followers.follow(moved)
    await publish('a')
    expect(await take(events, 1)).toStrictEqual([0])
    await platform.pass(60_000)
    expect([joins, open]).toStrictEqual([2, 1])
  })
})

describe('an iteration', () => {
  it('ends when its consumer leaves the loop', async () => {
    const followers = followersOn(bus)
    const events = await followers.follow(moved)
    await publish('a', 'a')
    for await (const { data } of events) {
      expect(data.at).toBe(0)
      break
    }
    expect(await events.next()).toStrictEqual({ value: undefined, done: true })
    await platform.pass(10_000)
    expect(open).toBe(0)
  })

  it('can be left while it waits, by return and by disposal', async () => {
    const followers = followersOn(bus)
    const [one, other] = await Promise.all([followers.follow(moved), followers.follow(moved)])
    const waiting = [one.next(), other.next()]
    await one.return()
    await other[Symbol.asyncDispose]()
    expect(await Promise.all(waiting)).toStrictEqual([1, 2].map(() => ({ value: undefined, done: true })))
  })

  it('ends quietly when its signal aborts, and one that is aborted before is not begun', async () => {
    const followers = followersOn(bus)
    const gone = new AbortController()
    const events = await followers.follow(moved, { signal: gone.signal })
    const waiting = events.next()
    gone.abort(new Error('gone'))
    expect(await waiting).toStrictEqual({ value: undefined, done: true })
    await expect(followers.follow(moved, { signal: gone.signal })).rejects.toThrow('gone')
    await platform.pass(10_000)
    expect(open).toBe(0)
  })

  it('of a slow follower fails with resource_exhausted, and holds up neither the bus nor others', async () => {
    const followers = followersOn(bus)
    const [slow, quick] = await Promise.all([followers.follow(moved, { key: 'a' }), followers.follow(moved)])
    const reading = take(quick, 1_001)
    for (let from = 0; from < 1_001; from += 91) await publish(...Array.from({ length: 91 }, () => 'a'))
    expect(await reading).toHaveLength(1_001)
    await expect(slow.next()).rejects.toMatchObject({
      code: 'resource_exhausted',
      message: /More than 1000 events of depot.moved/,
    })
    expect(await slow.next()).toStrictEqual({ value: undefined, done: true })
  })
})

it('one that is behind before all of its events are joined begins all the same, and is told', async () => {
  const back = Promise.withResolvers<void>()
  const followers = followersOn({
    ...bus,
    subscribe: async (options, deliver) => {
      if (options.topics[0] === lost.id) await back.promise
      return bus.subscribe(options, deliver)
    },
  })
  await (await followers.follow(moved)).return()
  const following = followers.follow([moved, lost])
  for (let from = 0; from < 1_001; from += 91) await publish(...Array.from({ length: 91 }, () => 'a'))
  await platform.pass(100)
  await expect((await following).next()).rejects.toMatchObject({ code: 'resource_exhausted' })
  back.resolve()
})

describe('a bus that is away', () => {
  it('lets a follower wait ten seconds at most; whoever comes when it is back follows', async () => {
    const back = Promise.withResolvers<void>()
    const away: Bus = { ...bus, subscribe: async (...args) => (await back.promise, bus.subscribe(...args)) }
    const followers = followersOn(away)
    const early = followers.follow(moved).catch((error: unknown) => error)
    await platform.pass(10_500)
    expect(await early).toMatchObject({ code: 'unavailable' })
    const late = followers.follow(moved)
    back.resolve()
    const events = await late
    await publish('a')
    expect(await take(events, 1)).toStrictEqual([0])
    expect(joins).toBe(1)
  })

  it('that answers when nobody waits any more is left', async () => {
    const back = Promise.withResolvers<void>()
    const away: Bus = { ...bus, subscribe: async (...args) => (await back.promise, bus.subscribe(...args)) }
    const followers = followersOn(away)
    const gone = new AbortController()
    const following = followers.follow(moved, { signal: gone.signal })
    gone.abort(new Error('gone'))
    await expect(following).rejects.toThrow('gone')
    back.resolve()
    await platform.pass(10_000)
    expect([joins, open]).toStrictEqual([1, 0])
  })

  it('that refuses, with whatever error, is unavailable, and tried again by the next', async () => {
    let refusals = 1
    const followers = followersOn({
      ...bus,
      subscribe: (...args) => ((refusals -= 1) >= 0 ? Promise.reject(new Error('Not now.')) : bus.subscribe(...args)),
    })
    await expect(followers.follow(moved)).rejects.toMatchObject({ code: 'unavailable', message: /Not now/ })
    const events = await followers.follow(moved)
    await publish('a')
    expect(await take(events, 1)).toStrictEqual([0])
  })
})

it('closing ends every iteration quietly, leaves the bus, and refuses who begins or comes later', async () => {
  const followers = followersOn(bus)
  const events = await followers.follow(moved)
  const waiting = events.next()
  const beginning = followers.follow(lost).catch((error: unknown) => error)
  await followers.close()
  expect(await beginning).toMatchObject({ code: 'unavailable' })
  expect(await waiting).toStrictEqual({ value: undefined, done: true })
  await followers.close()
  await platform.pass(0)
  expect(open).toBe(0)
  await expect(followers.follow(moved)).rejects.toMatchObject({ code: 'unavailable', message: /stopping/ })
})
