import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { defineApp, defineService } from '@holon/app'
import { command, defineContract, event } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { sqlite } from '@holon/data/sqlite'
import { type AdminOperation, adminOperation } from '@holon/events'
import { memoryNetwork } from '@holon/rpc'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'

import { type Instance, startInstance } from '../index.ts'

const Step = z.object({ n: z.int() })
const walk = defineContract('walk', {
  operations: { go: command({ input: Step }) },
  events: { moved: event({ data: Step }) },
})
const seen: number[] = []
const map = defineService(defineContract('map', {}), {
  store: sqlite(),
  operations: {},
  subscriptions: (on) => [on(walk.events.moved, ({ n }) => void seen.push(n))],
})

let instance: Instance
let folder: string

beforeEach(async () => {
  seen.length = 0
  folder = mkdtempSync(join(tmpdir(), 'holon-rewind-'))
  instance = await startInstance({
    app: defineApp({
      name: 'walks',
      services: {
        walk: () =>
          Promise.resolve({
            default: defineService(walk, { operations: { go: (step, ctx) => ctx.publish(walk.events.moved, step) } }),
          }),
        map: () => Promise.resolve({ default: map }),
      },
    }),
    services: ['walk', 'map'],
    instance: 'all',
    platform: systemPlatform(),
    network: memoryNetwork(),
    observer: { observe: () => undefined },
    environment: {},
    provision: (service) => Promise.resolve(join(folder, `${service}.db`)),
    listen: undefined,
    callers: [{ name: 'cli', uses: ['walk', 'map'], role: 'operator' }],
    linkSecret: undefined,
  })
})
afterEach(async () => {
  await instance.stop(1_000)
  rmSync(folder, { recursive: true })
})

const ask = (operation: AdminOperation): Promise<unknown> =>
  instance.invoker('cli').call(adminOperation('map', operation), { subscription: 'map.walk.moved' })

it('of two rewinds that are asked for at the same time one is refused, and everything is handled once more', async () => {
  for (const n of [1, 2, 3]) await instance.invoker('cli').call(walk.operations.go, { n })
  await expect.poll(() => seen).toEqual([1, 2, 3])
  for (const rewinds of [1, 2]) {
    const outcomes = await Promise.allSettled([ask('rewind'), ask('rewind')])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'aborted', message: expect.stringMatching(/being rewound already/) as unknown },
    })
    await expect.poll(() => seen).toEqual(Array.from({ length: rewinds + 1 }, () => [1, 2, 3]).flat())
  }
})
