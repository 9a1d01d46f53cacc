import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { defineApp, defineService } from '@holon/app'
import { command, defineContract, event, type Observation, query, stream } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { memoryBus } from '@holon/events'
import { memoryNetwork } from '@holon/rpc'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'

import { type Instance, startInstance } from '../index.ts'

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

let folder: string
let observed: Observation[]
/** Why each iteration of `follow` came to its end. */
let ends: string[]
/** Told of each follower that has begun. */
let began: () => void
const instances = new Set<Instance>()
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

async function start(services: string[], bus?: ReturnType<typeof memoryBus>): Promise<Instance> {
  const name = `${services.join('+')}-${instances.size}`
  const instance = await startInstance({
    app: defineApp({
      name: 'parcels',
      ...(bus && { bus: { kind: 'memory', open: () => Promise.resolve(bus.connect()) } }),
      services: {
        depot: () => Promise.resolve({ default: depotService }),
        aside: () => Promise.resolve({ default: asideService }),
      },
    }),
    services,
    instance: name,
    platform: systemPlatform(),
    network: memoryNetwork(),
    observer: { observe: (observation) => void observed.push(observation) },
    environment: {},
    provision: (service) => Promise.resolve(join(folder, `${name} ${service}.db`)),
    listen: undefined,
    callers: [{ name: 'cli', uses: ['depot', 'aside'] }],
    linkSecret: undefined,
  })
  instances.add(instance)
  return instance
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holon-follow-'))
  observed = []
  ends = []
  began = () => undefined
})
afterEach(async () => {
  for (const page of pages) await page.return?.()
  pages.clear()
  for (const instance of instances) await instance.stop(1_000)
  instances.clear()
  rmSync(folder, { recursive: true })
})

const move = (instance: Instance, id: string, at: number): Promise<unknown> =>
  instance.invoker('cli').call(depot.operations.move, { id, at })

/** What a call of `follow` gives, from when the service follows. */
async function follow(instance: Instance, id?: string, signal?: AbortSignal): Promise<AsyncIterator<unknown>> {
  const { promise, resolve } = Promise.withResolvers<void>()
  began = resolve
  const items = instance.invoker('cli').stream(depot.operations.follow, { id }, signal ? { signal } : {})
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
  const instance = await start(['depot'])
  const [all, one] = [await follow(instance), await follow(instance, 'a')]
  for (const [at, id] of ['a', 'b', 'a'].entries()) await move(instance, id, at)
  expect(await take(all, 3)).toStrictEqual(expect.arrayContaining([0, 1, 2]))
  expect(await take(one, 2)).toStrictEqual([0, 2])
})

it('gives every replica every event', async () => {
  const bus = memoryBus(systemPlatform())
  const replicas = [await start(['depot'], bus), await start(['depot'], bus)]
  const pages = [await follow(replicas[0]!, 'a'), await follow(replicas[1]!, 'a')]
  await move(replicas[0]!, 'a', 1)
  await move(replicas[1]!, 'a', 2)
  for (const page of pages) expect(await take(page, 2)).toStrictEqual([1, 2])
})

it('serves a call that waits for one event', async () => {
  const instance = await start(['depot'])
  const { promise, resolve } = Promise.withResolvers<void>()
  began = resolve
  const first = instance.invoker('cli').call(depot.operations.first, { id: 'a' })
  await promise
  await move(instance, 'a', 5)
  expect(await first).toBe(5)
})

it('ends for a caller that gave up', async () => {
  const instance = await start(['depot'])
  const gone = new AbortController()
  const page = await follow(instance, 'a', gone.signal)
  gone.abort()
  await expect(page.next()).rejects.toMatchObject({ code: 'cancelled' })
  await expect.poll(() => ends.at(-1)).toBe('over')
})

it('ends quietly as soon as the service is told to stop, and keeps the instance from nothing', async () => {
  const instance = await start(['depot'])
  const page = await follow(instance, 'a')
  await instance.stop(10_000)
  expect(await page.next()).toMatchObject({ done: true })
  expect(ends).toStrictEqual(['stopping', 'over'])
  expect(observed.filter(({ kind }) => kind === 'fault')).toStrictEqual([])
})

it('is refused to a service that has nothing to do with events, also beside one that has', async () => {
  for (const services of [['aside'], ['aside', 'depot']]) {
    const instance = await start(services)
    await expect(instance.invoker('cli').call(aside.operations.first, {})).rejects.toMatchObject({
      code: 'failed_precondition',
      message: /'aside' cannot follow events: it has no connection to the bus/,
    })
  }
})
