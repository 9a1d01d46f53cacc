import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { defineApp, defineService } from '@holon/app'
import { command, defineContract, event } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import type { DeadLetter } from '@holon/data'
import { sqlite } from '@holon/data/sqlite'
import { type AdminOperation, adminOperation } from '@holon/events'
import { memoryNetwork } from '@holon/rpc'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'

import { type Instance, startInstance } from '../index.ts'

const Parcel = z.object({ parcelId: z.string(), weight: z.number() })
/** What the publisher has by now: a field more than its subscribers know. */
const depot = defineContract('depot', {
  operations: { send: command({ input: Parcel.extend({ fragile: z.boolean() }) }) },
  events: { sent: event({ key: 'parcelId', data: Parcel.extend({ fragile: z.boolean() }) }) },
})
const olderDepot = defineContract('depot', { events: { sent: event({ key: 'parcelId', data: Parcel }) } })
/** Another subscriber expects what the publisher does not send. */
const otherDepot = defineContract('depot', {
  events: { sent: event({ key: 'parcelId', data: Parcel.extend({ zone: z.string() }) }) },
})

const depotService = defineService(depot, {
  operations: { send: (parcel, ctx) => ctx.publish(depot.events.sent, parcel) },
})

const seen: unknown[] = []
const limits = { kg: 100 }
const handle = (parcel: z.infer<typeof Parcel>): void => {
  if (parcel.weight > limits.kg) throw new Error(`${parcel.weight} kg`, { cause: new Error('the scales end') })
  seen.push(parcel)
}
const retry = { tries: 2, firstMs: 1, longestMs: 2 }

const stores = {
  'in a store': { store: sqlite() },
  'without a store': {},
}

let instance: Instance
let folder: string

async function start(more: { readonly store?: ReturnType<typeof sqlite> }): Promise<void> {
  const tracking = defineService(defineContract('tracking', {}), {
    ...more,
    operations: {},
    subscriptions: (on) => [
      on(olderDepot.events.sent, handle, { retry }),
      on(otherDepot.events.sent, () => void seen.push('never'), { name: 'zones', retry }),
    ],
  })
  instance = await startInstance({
    app: defineApp({
      name: 'parcels',
      services: {
        depot: () => Promise.resolve({ default: depotService }),
        tracking: () => Promise.resolve({ default: tracking }),
      },
    }),
    services: ['depot', 'tracking'],
    instance: 'all',
    platform: systemPlatform(),
    network: memoryNetwork(),
    observer: { observe: () => undefined },
    environment: {},
    provision: (service) => Promise.resolve(join(folder, `${service}.db`)),
    listen: undefined,
    callers: [{ name: 'cli', uses: ['depot', 'tracking'], role: 'operator' }],
    linkSecret: undefined,
  })
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holon-dead-'))
  seen.length = 0
  limits.kg = 100
})
afterEach(async () => {
  await instance.stop(1_000)
  rmSync(folder, { recursive: true })
})

const ask = (operation: AdminOperation, input: unknown = {}): Promise<unknown> =>
  instance.invoker('cli').call(adminOperation('tracking', operation), input)
const letters = (filter: unknown = {}): Promise<DeadLetter[]> => ask('deadList', filter) as Promise<DeadLetter[]>
const send = (parcelId: string, weight: number): Promise<unknown> =>
  instance.invoker('cli').call(depot.operations.send, { parcelId, weight, fragile: true })
const main = 'tracking.depot.sent'
const keysOf = async (filter: unknown): Promise<string[]> => (await letters(filter)).map(({ key }) => key).toSorted()

describe.each(Object.entries(stores))('dead letters %s', (_name, more) => {
  it('keep causes, tries and times, and the whole event, also fields that the subscriber does not know', async () => {
    await start(more)
    const beforeMs = Date.now()
    await send('heavy', 300)
    await expect.poll(() => keysOf({ subscription: main })).toEqual(['heavy'])
    const [letter] = await letters({ subscription: main })
    expect(letter).toMatchObject({
      topic: 'depot.sent',
      reason: 'failed',
      attempts: 2,
      error: { message: 'Error: 300 kg', causes: ['Error: the scales end'] },
    })
    expect(letter?.firstFailedAtMs).toBeGreaterThanOrEqual(beforeMs)
    expect(letter?.lastFailedAtMs).toBeGreaterThanOrEqual(letter?.firstFailedAtMs ?? Infinity)
    const shown = (await ask('deadShow', { id: letter?.id })) as DeadLetter
    expect(JSON.parse(shown.envelope)).toMatchObject({
      type: 'depot.sent',
      source: '/parcels/depot',
      data: { parcelId: 'heavy', weight: 300, fragile: true },
    })
  })

  it('are handled again on demand, as the subscriber knows the event; what fails again stays', async () => {
    await start(more)
    await send('heavy', 300)
    await expect.poll(() => keysOf({ subscription: main })).toEqual(['heavy'])
    const [letter] = await letters({ subscription: main })
    await expect(ask('deadReplay', { id: letter?.id })).rejects.toMatchObject({
      code: 'aborted',
      message: expect.stringMatching(/300 kg/),
    })
    expect(await keysOf({ subscription: main })).toEqual(['heavy'])
    limits.kg = 1_000
    await ask('deadReplay', { id: letter?.id })
    expect(seen).toEqual([{ parcelId: 'heavy', weight: 300 }])
    expect(await keysOf({ subscription: main, replayed: false })).toEqual([])
    await expect(ask('deadReplay', { id: letter?.id })).rejects.toMatchObject({
      code: expect.stringMatching(/failed_precondition|not_found/),
    })
    expect(seen).toHaveLength(1)
  })

  it('of an event that does not match say so after one try, with the field; all can be listed by what they have', async () => {
    await start(more)
    await send('light', 1)
    await send('heavy', 300)
    await expect.poll(() => keysOf({})).toEqual(['heavy', 'heavy', 'light'])
    expect(await keysOf({ reason: 'mismatch' })).toEqual(['heavy', 'light'])
    expect(await keysOf({ subscription: 'tracking.zones', key: 'light' })).toEqual(['light'])
    expect(await keysOf({ topic: 'depot.gone' })).toEqual([])
    const [mismatch] = await letters({ reason: 'mismatch', key: 'light' })
    expect(mismatch).toMatchObject({ attempts: 1, error: { message: expect.stringMatching(/zone/) } })
    expect(seen).toEqual([{ parcelId: 'light', weight: 1 }])
    for (const { id } of await letters({ reason: 'mismatch' })) await ask('deadDiscard', { id })
    expect(await keysOf({ replayed: false })).toEqual(['heavy'])
    expect(((await ask('report')) as { deadLetters: number }).deadLetters).toBe(1)
  })

  it('outlive a restart', async () => {
    await start(more)
    await send('heavy', 300)
    await expect.poll(() => keysOf({ subscription: main })).toEqual(['heavy'])
    await instance.stop(1_000)
    await start(more)
    expect(await keysOf({ subscription: main })).toEqual(['heavy'])
  })
})
