import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { defineApp, defineService, type ServiceDefinition, type SubscriptionOptions } from '@holon/app'
import { command, defineContract, DefinitionError, event, type Observation } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { sqlite } from '@holon/data/sqlite'
import { type AdminOperation, adminOperation } from '@holon/events'
import { memoryNetwork } from '@holon/rpc'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'

import { type Instance, startInstance } from '../index.ts'

const Step = z.object({ walker: z.string(), n: z.int() })
const source = defineContract('source', {
  operations: { walk: command({ input: z.object({ walkers: z.array(z.string()), steps: z.int() }) }) },
  events: { stepped: event({ key: 'walker', data: Step }) },
})
const sourceService = defineService(source, {
  operations: {
    walk: async ({ walkers, steps }, ctx) => {
      for (let n = 1; n <= steps; n++)
        for (const walker of walkers) await ctx.publish(source.events.stepped, { walker, n })
    },
  },
})

type Step = z.infer<typeof Step>
type Handle = (step: Step, signal: AbortSignal) => unknown
const sink = defineContract('sink', {})

function sinkService(handle: Handle, options: SubscriptionOptions<Step>, store = false): ServiceDefinition {
  return defineService(sink, {
    ...(store && { store: sqlite() }),
    operations: {},
    subscriptions: (on) => [
      on(source.events.stepped, async (step, ctx) => void (await handle(step, ctx.signal)), options),
    ],
  })
}

let folder: string
let instance: Instance | undefined
let observations: Observation[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holon-options-'))
  observations = []
})
afterEach(async () => {
  await instance?.stop(1_000)
  rmSync(folder, { recursive: true })
})

async function start(sinkDefinition?: ServiceDefinition): Promise<void> {
  await instance?.stop(1_000)
  const services: Record<string, ServiceDefinition> = {
    source: sourceService,
    ...(sinkDefinition && { sink: sinkDefinition }),
  }
  instance = await startInstance({
    app: defineApp({
      name: 'options',
      services: Object.fromEntries(
        Object.entries(services).map(([name, definition]) => [name, () => Promise.resolve({ default: definition })]),
      ),
    }),
    services: Object.keys(services),
    instance: 'all',
    platform: systemPlatform(),
    network: memoryNetwork(),
    observer: { observe: (observation) => void observations.push(observation) },
    environment: {},
    provision: (service) => Promise.resolve(join(folder, `${service}.db`)),
    listen: undefined,
    callers: [{ name: 'cli', uses: ['source', 'sink'], role: 'operator' }],
    linkSecret: undefined,
  })
}

const walk = (walkers: readonly string[], steps: number): Promise<unknown> | undefined =>
  instance?.invoker('cli').call(source.operations.walk, { walkers, steps })
const ask = (operation: AdminOperation): Promise<unknown> | undefined =>
  instance?.invoker('cli').call(adminOperation('sink', operation), {})
const outcomes = (): string[] => observations.flatMap((seen) => (seen.kind === 'event-handled' ? [seen.outcome] : []))

/** A handler that stays until the gate is opened. */
class Gate {
  running = 0
  most = 0
  readonly done: Step[] = []
  readonly #waiting: (() => void)[] = []

  readonly handle: Handle = async (step) => {
    this.running += 1
    this.most = Math.max(this.most, this.running)
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.running -= 1
    this.done.push(step)
  }

  open(): void {
    for (const next of this.#waiting.splice(0)) next()
  }
}

it('filter: what it refuses is passed over and done with', async () => {
  const seen: Step[] = []
  await start(sinkService((step) => seen.push(step), { filter: ({ n }) => n % 2 === 0 }))
  await walk(['ann'], 4)
  await expect.poll(() => seen.map(({ n }) => n)).toEqual([2, 4])
  await expect.poll(() => ask('report')).toMatchObject({ subscriptions: [{ lag: 0 }], deadLetters: 0 })
  expect(outcomes()).toEqual(['skipped', 'applied', 'skipped', 'applied'])
})

it('filter: one that throws is a failure like any other', async () => {
  const options: SubscriptionOptions<Step> = {
    filter: () => {
      throw new Error('no filter')
    },
    retry: { tries: 2, firstMs: 1 },
  }
  await start(sinkService(() => undefined, options))
  await walk(['ann'], 1)
  await expect.poll(outcomes).toEqual(['failed', 'dead'])
})

it.each([
  ['new', undefined, ['bob']],
  ['all', 'all', ['ann', 'ann', 'bob']],
] as const)('start: %s (the default is new)', async (_name, from, expected) => {
  const seen: string[] = []
  await start()
  await walk(['ann'], 2)
  await start(sinkService(({ walker }) => seen.push(walker), from === undefined ? {} : { start: from }))
  await walk(['bob'], 1)
  await expect.poll(() => seen.toSorted()).toEqual(expected)
  await start(sinkService(({ walker }) => seen.push(walker), from === undefined ? {} : { start: from }))
  await walk(['cem'], 1)
  // A subscription that is known goes on where it was.
  await expect.poll(() => seen.toSorted()).toEqual([...expected, 'cem'])
})

it('order: by default events of one key are handled one at a time, in order', async () => {
  const gate = new Gate()
  await start(sinkService(gate.handle, {}))
  await walk(['ann'], 3)
  for (let n = 1; n <= 3; n++) {
    await expect.poll(() => gate.running).toBe(1)
    gate.open()
    await expect.poll(() => gate.done.length).toBe(n)
  }
  expect(gate.most).toBe(1)
  expect(gate.done.map(({ n }) => n)).toEqual([1, 2, 3])
})

it('order none: events of one key are handled at the same time', async () => {
  const gate = new Gate()
  await start(sinkService(gate.handle, { order: 'none' }))
  await walk(['ann'], 3)
  await expect.poll(() => gate.running).toBe(3)
  gate.open()
})

it.each([
  ['16 by default', {}, 16],
  ['2', { concurrency: 2 }, 2],
] as const)('concurrency: events of different keys at the same time, %s', async (_name, options, most) => {
  const gate = new Gate()
  await start(sinkService(gate.handle, options))
  await walk(
    Array.from({ length: 20 }, (_, index) => `walker-${index}`),
    1,
  )
  await expect.poll(() => gate.running).toBe(most)
  while (gate.done.length < 20) {
    gate.open()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(gate.most).toBe(most)
})

it.each([
  ['with a store', true],
  ['without', false],
])('timeoutMs: a try that takes longer is given up and told, %s', async (_name, store) => {
  const codes: unknown[] = []
  const handle: Handle = (_step, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        codes.push((signal.reason as { code?: unknown }).code)
        reject(signal.reason)
      })
    })
  await start(sinkService(handle, { timeoutMs: 30, retry: { tries: 2, firstMs: 1 } }, store))
  await walk(['ann'], 1)
  await expect.poll(outcomes).toEqual(['failed', 'dead'])
  expect(codes).toEqual(['deadline_exceeded', 'deadline_exceeded'])
})

it('retry: so many tries, with so long between them', async () => {
  const times: number[] = []
  const handle: Handle = () => {
    times.push(performance.now())
    throw new Error('never')
  }
  await start(sinkService(handle, { retry: { tries: 3, firstMs: 40, longestMs: 80 } }))
  await walk(['ann'], 1)
  await expect.poll(outcomes).toEqual(['failed', 'failed', 'dead'])
  const [first = 0, second = 0, third = 0] = times
  expect(second - first).toBeGreaterThanOrEqual(19)
  expect(third - second).toBeGreaterThanOrEqual(39)
})

it('name: two subscriptions to one event each get it', async () => {
  const seen: string[] = []
  const twice = defineService(sink, {
    operations: {},
    subscriptions: (on) => [
      on(source.events.stepped, () => void seen.push('one'), { name: 'one' }),
      on(source.events.stepped, () => void seen.push('other'), { name: 'other' }),
    ],
  })
  await start(twice)
  await walk(['ann'], 1)
  await expect.poll(() => seen.toSorted()).toEqual(['one', 'other'])
  expect(await ask('report')).toMatchObject({ subscriptions: [{ name: 'sink.one' }, { name: 'sink.other' }] })
})

it('values that make no sense are refused together', () => {
  const define = (): unknown =>
    sinkService(() => undefined, {
      concurrency: 0,
      timeoutMs: -1,
      retry: { tries: 0.5, firstMs: Number.NaN, longestMs: Infinity },
    })
  expect(define).toThrow(DefinitionError)
  for (const option of ['concurrency', 'timeoutMs', 'retry.tries', 'retry.firstMs', 'retry.longestMs'])
    expect(define).toThrow(option)
})
