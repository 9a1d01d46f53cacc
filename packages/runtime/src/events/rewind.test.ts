import { defineService } from '@holon/app'
import { command, defineContract, event } from '@holon/contract'
import { sqlite } from '@holon/data/sqlite'
import { type AdminOperation, adminOperation } from '@holon/events'
import { startTestApp } from '@holon/testing'
import { expect, it } from 'vitest'
import { z } from 'zod'

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

const walker = defineService(walk, { operations: { go: (step, ctx) => ctx.publish(walk.events.moved, step) } })

it('of two rewinds that are asked for at the same time one is refused, and everything is handled once more', async () => {
  await using app = await startTestApp([walker, map], { bus: 'own' })
  const ask = (operation: AdminOperation): Promise<unknown> =>
    app.invoker('cli').call(adminOperation('map', operation), { subscription: 'map.walk.moved' })
  for (const n of [1, 2, 3]) await app.client(walk).go({ n })
  await app.settled()
  expect(seen).toEqual([1, 2, 3])
  for (const rewinds of [1, 2]) {
    const outcomes = await Promise.allSettled([ask('rewind'), ask('rewind')])
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'aborted', message: expect.stringMatching(/being rewound already/) as unknown },
    })
    await app.settled()
    expect(seen).toEqual(Array.from({ length: rewinds + 1 }, () => [1, 2, 3]).flat())
  }
})
