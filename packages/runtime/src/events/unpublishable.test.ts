import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { defineApp, defineService } from '@holon/app'
import { command, defineContract, event, type Observation } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import type { DeadLetter, SqlStore } from '@holon/data'
import { sqlite } from '@holon/data/sqlite'
import { type AdminOperation, adminOperation, embedded, joinEnvelope } from '@holon/events'
import { memoryNetwork } from '@holon/rpc'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'

import { type Instance, startInstance } from '../index.ts'

const Note = z.object({ key: z.string(), text: z.string() })
const notes = defineContract('notes', {
  operations: {
    publish: command({ input: Note.extend({ where: z.enum(['tx', 'ctx', 'later']) }) }),
    /** What a publisher without a limit has left in the outbox: one of an earlier version, or in another language. */
    smuggle: command({ input: z.object({ id: z.string(), data: Note }) }),
  },
  events: { taken: event({ key: 'key', data: Note }) },
})

const publisher = defineService(notes, {
  store: sqlite(),
  operations: {
    async publish({ where, ...note }, ctx) {
      if (where === 'ctx') return ctx.publish(notes.events.taken, note)
      const at = where === 'later' ? { at: new Date(Date.now() + 10) } : {}
      await ctx.store.transaction((tx) => tx.publish(notes.events.taken, note, at))
    },
    async smuggle({ id, data }, ctx) {
      const store: SqlStore<unknown> = ctx.store
      const envelope = joinEnvelope({ specversion: '1.0', id, type: 'notes.taken' }, JSON.stringify(data))
      await store.transaction((tx) => store.events.append(tx, [{ id, topic: 'notes.taken', key: data.key, envelope }]))
    },
  },
})

const seen: string[] = []
const reader = defineService(defineContract('reader', {}), {
  operations: {},
  subscriptions: (on) => [on(notes.events.taken, ({ key, text }) => void seen.push(`${key} ${text.slice(0, 5)}`))],
})
const failing = defineService(defineContract('failing', {}), {
  operations: {},
  subscriptions: (on) => [
    on(notes.events.taken, () => Promise.reject(new Error('no')), {
      retry: { tries: 1 },
      filter: ({ key }) => key === 'poison',
    }),
  ],
})

let instance: Instance
let folder: string
let observations: Observation[]

async function start(maxEventBytes: number = 1_000_000): Promise<void> {
  observations = []
  instance = await startInstance({
    app: defineApp({
      name: 'app',
      services: {
        notes: () => Promise.resolve({ default: publisher }),
        reader: () => Promise.resolve({ default: reader }),
        failing: () => Promise.resolve({ default: failing }),
      },
      bus: embedded({ maxEventBytes }),
    }),
    services: ['notes', 'reader', 'failing'],
    instance: 'all',
    platform: systemPlatform(),
    network: memoryNetwork(),
    observer: { observe: (observation) => void observations.push(observation) },
    environment: {},
    provision: (service) => Promise.resolve(join(folder, `${service}.db`)),
    listen: undefined,
    callers: [{ name: 'cli', uses: ['notes', 'failing'], role: 'operator' }],
    linkSecret: undefined,
  })
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holon-limits-'))
  seen.length = 0
})
afterEach(async () => {
  await instance.stop(1_000)
  rmSync(folder, { recursive: true })
})

const cli = (): ReturnType<Instance['invoker']> => instance.invoker('cli')
const ask = (operation: AdminOperation, input: unknown = {}): Promise<unknown> =>
  cli().call(adminOperation('notes', operation), input)
const letters = (filter: unknown = {}): Promise<DeadLetter[]> => ask('deadList', filter) as Promise<DeadLetter[]>
const smuggle = (id: string, key: string, text: string): Promise<unknown> =>
  cli().call(notes.operations.smuggle, { id, data: { key, text } })

it.each(['tx', 'ctx', 'later'])(
  '%s refuses an event that is too large, at once, with both sizes and a remedy',
  async (where) => {
    await start(1_000)
    const publish = (bytes: number): Promise<unknown> => {
      const text = '€'.repeat(10) + 'x'.repeat(bytes - JSON.stringify({ key: 'k', text: '' }).length - 30)
      return cli().call(notes.operations.publish, { where, key: 'k', text })
    }
    await publish(1_000)
    const startMs = Date.now()
    await expect(publish(1_001)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/notes\.taken has 1001 bytes.* at most 1000 .*maxEventBytes.*store/) as unknown,
    })
    expect(Date.now() - startMs).toBeLessThan(8_000)
    await expect.poll(() => seen).toEqual(['k €€€€€'])
    expect(await letters()).toEqual([])
  },
)

it('what is in the outbox and too large becomes a dead letter, the rest goes on, and it is replayed when it fits', async () => {
  await start(1_000)
  await smuggle('n1', 'a', 'first')
  await smuggle('n2', 'a', 'large'.repeat(12_000))
  await smuggle('n3', 'b', 'other')
  await smuggle('n4', 'a', 'after')
  await expect.poll(() => seen.toSorted()).toEqual(['a after', 'a first', 'b other'])
  expect(seen.indexOf('a first')).toBeLessThan(seen.indexOf('a after'))
  const [letter, ...more] = await letters({ reason: 'unpublishable' })
  expect(more).toEqual([])
  expect(letter).toMatchObject({ subscription: '~outbox', messageId: 'n2', topic: 'notes.taken', key: 'a' })
  expect(await ask('report')).toMatchObject({ deadLetters: 1, outbox: { waiting: 0 } })
  expect(observations.filter(({ kind }) => kind === 'fault')).toMatchObject([
    {
      subject: 'outbox of notes',
      error: { message: expect.stringMatching(/notes\.taken n2 for good.*6\d{4} bytes/) as unknown },
    },
  ])
  await expect(ask('deadReplay', { id: letter?.id })).rejects.toMatchObject({ code: 'invalid_argument' })
  expect(await letters({ replayed: false })).toHaveLength(1)

  await instance.stop(1_000)
  await start(100_000)
  await ask('deadReplay', { id: letter?.id })
  await expect.poll(() => seen.at(-1)).toBe('a large')
  expect(await letters({ replayed: false })).toEqual([])
  await expect(ask('deadReplay', { id: letter?.id })).rejects.toMatchObject({ code: 'failed_precondition' })
})

it('the largest event can become a dead letter of a service without a store, whatever is in it', async () => {
  await start()
  const text = '"'.repeat(499_000)
  await cli().call(notes.operations.publish, { where: 'ctx', key: 'poison', text })
  const list = (): Promise<unknown> => cli().call(adminOperation('failing', 'deadList'), {})
  await expect.poll(list).toMatchObject([{ key: 'poison', subscription: 'failing.notes.taken' }])
  const [letter] = (await list()) as DeadLetter[]
  expect(JSON.parse(letter?.envelope ?? '')).toMatchObject({ type: 'notes.taken', data: { key: 'poison', text } })
})

it('dead letters can be listed however large they are together; each is shown in full', async () => {
  await start(1_000)
  for (const id of ['n1', 'n2', 'n3']) await smuggle(id, id, 'x'.repeat(7_000_000))
  await expect.poll(() => letters().then((list) => list.length)).toBe(3)
  const listed = await letters()
  expect(listed.map(({ envelope }) => envelope === undefined)).toEqual([false, false, true])
  const shown = (await ask('deadShow', { id: listed[2]?.id })) as DeadLetter
  expect(shown.envelope.length).toBeGreaterThan(7_000_000)
})

it('a limit that can be none is refused where the bus is chosen', async () => {
  await start(1_000)
  for (const maxEventBytes of [0, -1, 1.5, Number.NaN, 64_000_001])
    expect(() => embedded({ maxEventBytes })).toThrow(/maxEventBytes .*integer from 1 to 64000000/)
})
