import { defineApp, defineService } from '@holon/app'
import { command, defineContract, event, query, stream } from '@holon/contract'
import { startTestApp, type TestApp, type TestAppOptions, type TestClients } from '@holon/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'

const Moved = z.object({ id: z.string(), at: z.number() })
const depot = defineContract('depot', {
  operations: {
    move: command({ input: Moved }),
    follow: stream({ input: z.object({ id: z.string().optional() }), serverStream: z.number() }),
    first: query({ input: z.object({ id: z.string() }), output: z.number() }),
  },
  events: { moved: event({ key: 'id', data: Moved }) },
})
const aside = defineContract('aside', { operations: { first: query({ output: z.number() }) } })

/** Why each iteration of `follow` came to its end. */
let ends: string[]
/** Told of each follower that has begun. */
let began: () => void
const apps = new Set<TestApp>()
const pages = new Set<AsyncIterator<unknown>>()

const depotService = defineService(depot, {
  operations: {
    move: (moved, ctx) => ctx.publish(depot.events.moved, moved),
    async *follow({ id }, ctx) {
      const events = await ctx.follow(depot.events.moved, id === undefined ? {} : { key: id })
      began()
      try {
        for await (const { data } of events) yield data.at
        ends.push(ctx.stopping.aborted ? 'stopping' : ctx.signal.aborted ? 'given up' : 'nobody knows')
      } finally {
        ends.push('over')
      }
    },
    first: async ({ id }, ctx) => {
      await using events = await ctx.follow(depot.events.moved, { key: id })
      began()
      const { value } = await events.next()
      return value?.data.at ?? -1
    },
  },
})
const asideService = defineService(aside, {
  operations: {
    first: async (_input, ctx) => {
      for await (const { data } of await ctx.follow(depot.events.moved)) return data.at
      return -1
    },
  },
})

const parcels = defineApp({
  name: 'parcels',
  services: {
    depot: () => Promise.resolve({ default: depotService }),
    aside: () => Promise.resolve({ default: asideService }),
  },
})

async function start(only: string[], bus: TestAppOptions['bus'] = 'own'): Promise<TestApp> {
  const app = await startTestApp(parcels, { only, bus })
  apps.add(app)
  return app
}

beforeEach(() => {
  ends = []
  began = () => undefined
})
afterEach(async () => {
  for (const page of pages) await page.return?.()
  pages.clear()
  for (const app of apps) await app.close()
  apps.clear()
})

const move = (clients: TestClients, id: string, at: number): Promise<unknown> => clients.client(depot).move({ id, at })

/** What a call of `follow` gives, from when the service follows. */
async function follow(clients: TestClients, id?: string, signal?: AbortSignal): Promise<AsyncIterator<unknown>> {
  const { promise, resolve } = Promise.withResolvers<void>()
  began = resolve
  const items = clients.client(depot).follow({ ...(id !== undefined && { id }) }, signal ? { signal } : {})
  const iterator = items[Symbol.asyncIterator]()
  const first = iterator.next()
  first.catch(() => undefined)
  await promise
  pages.add(iterator)
  let given = false
  return { next: () => (given ? iterator.next() : ((given = true), first)) }
}

async function take(items: AsyncIterator<unknown>, count: number): Promise<unknown[]> {
  const taken: unknown[] = []
  while (taken.length < count) taken.push((await items.next()).value)
  return taken
}

it('gives a handler the events of a key as they are published, over the embedded bus', async () => {
  const app = await start(['depot'])
  const [all, one] = [await follow(app), await follow(app, 'a')]
  for (const [at, id] of ['a', 'b', 'a'].entries()) await move(app, id, at)
  expect(await take(all, 3)).toStrictEqual(expect.arrayContaining([0, 1, 2]))
  expect(await take(one, 2)).toStrictEqual([0, 2])
})

it('gives every replica every event', async () => {
  const app = await start(['depot'], 'memory')
  const replica = await app.startReplica()
  const both = [await follow(app, 'a'), await follow(replica, 'a')]
  await move(app, 'a', 1)
  await move(replica, 'a', 2)
  for (const page of both) expect(await take(page, 2)).toStrictEqual([1, 2])
})

it('serves a call that waits for one event', async () => {
  const app = await start(['depot'])
  const { promise, resolve } = Promise.withResolvers<void>()
  began = resolve
  const first = app.client(depot).first({ id: 'a' })
  await promise
  await move(app, 'a', 5)
  expect(await first).toBe(5)
})

it('ends for a caller that gave up', async () => {
  const app = await start(['depot'])
  const gone = new AbortController()
  const page = await follow(app, 'a', gone.signal)
  gone.abort()
  await expect(page.next()).rejects.toMatchObject({ code: 'cancelled' })
  await expect.poll(() => ends.at(-1)).toBe('over')
})

it('ends quietly as soon as the service is told to stop, and keeps the instance from nothing', async () => {
  const app = await start(['depot'])
  const page = await follow(app, 'a')
  await app.close()
  expect(await page.next()).toMatchObject({ done: true })
  expect(ends).toStrictEqual(['stopping', 'over'])
  expect(app.observations.filter(({ kind }) => kind === 'fault')).toStrictEqual([])
})

it('is refused to a service that has nothing to do with events, also beside one that has', async () => {
  for (const services of [['aside'], ['aside', 'depot']]) {
    const app = await start(services)
    await expect(app.client(aside).first()).rejects.toMatchObject({
      code: 'failed_precondition',
      message: /'aside' cannot follow events: it has no connection to the bus/,
    })
  }
})
