import { defineService, type ServiceDefinition } from '@holon/app'
import { defineContract, query } from '@holon/contract'
import { startTestApp } from '@holon/testing'
import { expect, it } from 'vitest'
import { z } from 'zod'

/* Calls made on behalf of calls: so many, and no more, and the same number in every placement. */

const countdown = <Name extends string>(name: Name) =>
  defineContract(name, {
    operations: {
      down: query({ input: z.object({ n: z.int() }), output: z.int() }),
      exhaust: query({ output: z.int() }),
    },
  })
const a = countdown('a')
const b = countdown('b')
const c = countdown('c')

interface Next {
  down(input: { n: number }): Promise<number>
}
const down = ({ n }: { n: number }, next: Next): number | Promise<number> =>
  n === 0 ? 0 : next.down({ n: n - 1 }).then((below) => below + 1)

/** Calls `next` again and again while the stack is used up, a little less each time. */
async function exhaust(next: Next): Promise<number> {
  const calls: Promise<unknown>[] = []
  const dig = (): number => {
    let below = 0
    try {
      below = dig()
    } catch {
      // The bottom.
    }
    try {
      if (below < 300) calls.push(next.down({ n: 0 }))
    } catch {
      // Not even the call could be made.
    }
    return below + 1
  }
  dig()
  const outcomes = await Promise.allSettled(calls)
  return outcomes.filter(({ status }) => status === 'fulfilled').length
}

const services: readonly ServiceDefinition[] = [
  defineService(a, {
    uses: { b },
    operations: { down: (input, ctx) => down(input, ctx.b), exhaust: (_, ctx) => exhaust(ctx.b) },
  }),
  defineService(b, {
    uses: { c },
    operations: { down: (input, ctx) => down(input, ctx.c), exhaust: (_, ctx) => exhaust(ctx.c) },
  }),
  defineService(c, {
    uses: { a },
    operations: { down: (input, ctx) => down(input, ctx.a), exhaust: (_, ctx) => exhaust(ctx.a) },
  }),
]

it.each([
  ['in one process', { main: '*' }],
  ['in two', { one: ['a', 'b'], two: '*' }],
  ['split', 'split'],
] as const)('a hundred calls may be made on behalf of one another, and no more: %s', async (_name, placement) => {
  await using app = await startTestApp(services, { placement })
  const ask = (n: number): Promise<number> => app.client(a).down({ n })
  expect(await ask(100)).toBe(100)
  for (const n of [101, 5_000, 100_000])
    await expect(ask(n)).rejects.toMatchObject({
      code: 'internal',
      retryable: false,
      message: expect.stringMatching(/^c\.down was not called: .* at most 100/) as unknown,
    })
  expect(await ask(100)).toBe(100)
})

it('an instance whose handlers have used up the stack in every way stops at once', async () => {
  await using app = await startTestApp(services)
  expect(await app.client(a).exhaust()).toBeGreaterThan(0)
  const beganMs = performance.now()
  await app.instances[0]?.stop(20_000)
  expect(performance.now() - beganMs).toBeLessThan(10_000)
})
