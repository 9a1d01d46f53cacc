import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { defineApp, defineService } from '@holon/app'
import { command, defineContract, event, query } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { systemPlatform } from '@holon/contract/system-platform'
import { sqlite } from '@holon/data/sqlite'
import { startTestApp, type TestApp } from '@holon/testing'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'

import { handledIn } from './handled.ts'

const Sent = z.object({ parcelId: z.string() })
const depot = defineContract('depot', {
  operations: { send: command({ input: Sent.extend({ id: z.string().optional() }), output: z.string() }) },
  events: { sent: event({ key: 'parcelId', data: Sent }), lost: event({ data: Sent }) },
})
const Wait = z.object({ id: z.string(), withinMs: z.number().default(5_000) })
const operations = {
  sent: query({ input: Wait, output: z.boolean() }),
  lost: query({ input: Wait, output: z.boolean() }),
  seen: query({ output: z.array(z.string()) }),
}
const tracking = defineContract('tracking', { operations })
const forgetful = defineContract('forgetful', { operations: { sent: query({ input: Wait, output: z.boolean() }) } })

const opened = { service: 'tracking', platform: systemPlatform(), onError: () => undefined, events: true }

let folder: string
let seen: string[]
let gate: PromiseWithResolvers<void>
const apps = new Set<TestApp>()

const depotService = defineService(depot, {
  operations: {
    send: async ({ id = crypto.randomUUID(), parcelId }, ctx) => {
      await ctx.publish(depot.events.sent, { parcelId }, { id })
      return id
    },
  },
})
const trackingService = defineService(tracking, {
  store: sqlite(),
  operations: {
    sent: ({ id, withinMs }, ctx) => ctx.handled(depot.events.sent, id, { withinMs }),
    lost: ({ id }, ctx) => ctx.handled(depot.events.lost, id),
    seen: () => [...seen],
  },
  subscriptions: (on) => [
    on(depot.events.sent, ({ parcelId }) => void seen.push(`${parcelId} again`), { name: 'again' }),
    on(
      depot.events.sent,
      async ({ parcelId }) => {
        await gate.promise
        if (parcelId === 'broken') throw new Error('no such parcel')
        seen.push(parcelId)
      },
      { retry: { tries: 1 } },
    ),
  ],
})
const forgetfulService = defineService(forgetful, {
  operations: { sent: ({ id }, ctx) => ctx.handled(depot.events.sent, id) },
  subscriptions: (on) => [on(depot.events.sent, () => undefined)],
})

const parcels = defineApp({
  name: 'parcels',
  services: {
    depot: () => Promise.resolve({ default: depotService }),
    tracking: () => Promise.resolve({ default: trackingService }),
    forgetful: () => Promise.resolve({ default: forgetfulService }),
  },
})

/** Each has a bus of its own, and the stores in common. */
async function start(only: string[]): Promise<TestApp> {
  const app = await startTestApp(parcels, { only, data: { folder } })
  apps.add(app)
  return app
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holon-handled-'))
  seen = []
  gate = Promise.withResolvers()
})
afterEach(async () => {
  for (const app of apps) await app.close()
  apps.clear()
  rmSync(folder, { recursive: true })
})

const send = (app: TestApp, parcelId: string, id?: string): Promise<string> =>
  app.client(depot).send({ parcelId, ...(id !== undefined && { id }) })

it('resolves once every subscription of the service has handled the event, whichever replica did', async () => {
  const first = await start(['depot', 'tracking'])
  // No event reaches this one: it has a bus of its own, and only the store in common.
  const second = await start(['tracking'])
  const id = await send(first, 'p1')
  const waiting = [first, second].map((app) => app.client(tracking).sent({ id, withinMs: 30_000 }))
  expect(await second.client(tracking).sent({ id, withinMs: 50 })).toBe(false)
  gate.resolve()
  expect(await Promise.all(waiting)).toStrictEqual([true, true])
  expect(await first.client(tracking).seen()).toStrictEqual(expect.arrayContaining(['p1', 'p1 again']))
})

it('knows an event that was handled before it was asked, and none that nobody published', async () => {
  const app = await start(['depot', 'tracking'])
  gate.resolve()
  const id = await send(app, 'p1')
  expect(await app.client(tracking).sent({ id })).toBe(true)
  expect(await app.client(tracking).sent({ id, withinMs: 0 })).toBe(true)
  expect(await app.client(tracking).sent({ id: 'unknown', withinMs: 20 })).toBe(false)
})

it('takes an event that was given up for handled: nothing more will come of it', async () => {
  const app = await start(['depot', 'tracking'])
  gate.resolve()
  const id = await send(app, 'broken')
  expect(await app.client(tracking).sent({ id, withinMs: 30_000 })).toBe(true)
  expect(await app.client(tracking).seen()).toStrictEqual(['broken again'])
})

it('takes an event with the id of an earlier one for the same', async () => {
  const app = await start(['depot', 'tracking'])
  gate.resolve()
  for (const parcelId of ['p1', 'p2']) await send(app, parcelId, 'the-id')
  const id = await send(app, 'p3')
  expect(await app.client(tracking).sent({ id })).toBe(true)
  expect(await app.client(tracking).sent({ id: 'the-id' })).toBe(true)
  expect(await app.client(tracking).seen()).not.toContain('p2')
})

it('refuses to wait for what the service cannot know', async () => {
  const app = await start(['depot', 'tracking', 'forgetful'])
  await expect(app.client(tracking).lost({ id: 'x' })).rejects.toMatchObject({
    code: 'invalid_argument',
    message: "'tracking' cannot wait for depot.lost: it has no subscription to it.",
  })
  await expect(app.client(forgetful).sent({ id: 'x' })).rejects.toMatchObject({
    code: 'failed_precondition',
    message: /without an SQL store it keeps no receipts/,
  })
})

it.each([NaN, -1, Infinity])('refuses to wait for %s ms', async (withinMs) => {
  const store = await sqlite().open({ ...opened, connection: join(folder, 'waits.db') })
  const handled = handledIn({ definition: trackingService, store, platform: systemPlatform() })(undefined)
  await expect(handled(depot.events.sent, 'x', { withinMs })).rejects.toMatchObject({ code: 'invalid_argument' })
  await store.close()
})

it('asks the database a dozen times at most for an event that does not come', async () => {
  const platform = new ManualPlatform()
  const store = await sqlite().open({ ...opened, connection: join(folder, 'looks.db') })
  let looks = 0
  const { tries } = store.events
  const look: typeof tries.look = (receipt) => {
    looks += 1
    return tries.look(receipt)
  }
  const counting = { ...store, events: { ...store.events, tries: { ...tries, look } } }
  const handled = handledIn({ definition: trackingService, store: counting, platform })(undefined)
  const answer = handled(depot.events.sent, 'never published')
  for (let ms = 0; ms <= 5_000; ms += 10) await platform.pass(10)
  expect(await answer).toBe(false)
  expect(looks).toBeLessThanOrEqual(12)
  await store.close()
})
