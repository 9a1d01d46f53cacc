import { defineApp, defineService, type ServiceDefinition } from '@holon/app'
import { defineContract, query } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { type Address, memoryNetwork } from '@holon/rpc'
import { type Instance, startInstance } from '@holon/runtime'
import { afterEach, expect, it } from 'vitest'
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

const running: Instance[] = []
afterEach(async () => {
  for (const instance of running.splice(0)) await instance.stop(1000)
})

async function place(groups: readonly (readonly string[])[]): Promise<readonly Instance[]> {
  const app = defineApp({
    name: 'depth',
    services: Object.fromEntries(
      services.map((service) => [service.contract.name, () => Promise.resolve({ default: service })]),
    ),
  })
  const network = memoryNetwork()
  const instances = await Promise.all(
    groups.map((group) =>
      startInstance({
        app,
        services: group,
        instance: `i-${group.join('-')}`,
        platform: systemPlatform(),
        network,
        observer: { observe: () => {} },
        environment: {},
        provision: () => Promise.reject(new Error('Nothing is stored here.')),
        listen: { host: 'm', port: 0 },
        callers: [{ name: 'test', uses: ['a'] }],
        linkSecret: 'a secret of this test',
      }),
    ),
  )
  running.push(...instances)
  const listings = instances.map(({ instance, address, services: listed }) => ({
    instance,
    address: address as Address, // all listen
    services: listed,
  }))
  for (const { setPeers, instance } of instances) setPeers(listings.filter((each) => each.instance !== instance))
  return instances
}

it.each([
  { placement: 'in one process', groups: [['a', 'b', 'c']] },
  { placement: 'in two', groups: [['a', 'b'], ['c']] },
  { placement: 'split', groups: [['a'], ['b'], ['c']] },
])('a hundred calls may be made on behalf of one another, and no more: $placement', async ({ groups }) => {
  const [first] = await place(groups)
  const ask = (n: number): Promise<unknown> | undefined => first?.invoker('test').call(a.operations.down, { n })
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
  const [instance] = await place([['a', 'b', 'c']])
  if (instance === undefined) throw new Error('It was placed.')
  expect(await instance.invoker('test').call(a.operations.exhaust, undefined)).toBeGreaterThan(0)
  const beganMs = performance.now()
  await instance.stop(20_000)
  expect(performance.now() - beganMs).toBeLessThan(10_000)
})
