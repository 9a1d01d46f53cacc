import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { defineApp, defineService } from '@holon/app'
import {
  command,
  defineContract,
  fail,
  failure,
  isFailure,
  isServiceError,
  type Observation,
  query,
  ServiceError,
  stream,
} from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { type Address, memoryNetwork, type Network, TraceId } from '@holon/rpc'
import { nodeNetwork } from '@holon/rpc/node-network'
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

import { type Instance, startInstance } from './index.ts'

const stock = defineContract('stock', {
  operations: {
    reserve: command({
      input: z.object({ sku: z.string(), quantity: z.int().min(1) }),
      output: z.object({ left: z.int() }),
      errors: { outOfStock: failure('failed_precondition', z.object({ sku: z.string(), left: z.int() })) },
    }),
    whoami: query({
      output: z.object({
        caller: z.string(),
        subject: z.string().optional(),
        traceId: z.string(),
        remainingMs: z.number(),
      }),
    }),
    hang: query({ timeoutMs: 50 }),
    count: stream({ input: z.object({ to: z.int() }), serverStream: z.int() }),
    sum: stream({ clientStream: z.int(), output: z.int() }),
    double: stream({ clientStream: z.int(), serverStream: z.int() }),
    crash: command({}),
  },
})
const shop = defineContract('shop', {
  operations: {
    buy: command({ input: z.object({ sku: z.string(), quantity: z.int() }), output: z.object({ left: z.int() }) }),
    whoami: query({ output: z.unknown() }),
    relay: stream({ input: z.object({ to: z.int() }), serverStream: z.int() }),
  },
})

const seen: string[] = []
const stockService = defineService(stock, {
  operations: {
    reserve: ({ sku, quantity }, ctx) => {
      expectTypeOf(ctx.store).toEqualTypeOf<undefined>()
      if (quantity > 3) throw fail(stock.operations.reserve, 'outOfStock', { sku, left: 3 })
      return { left: 3 - quantity }
    },
    whoami: (_input, ctx) => ({
      caller: ctx.caller,
      ...(ctx.identity && { subject: ctx.identity.subject }),
      traceId: ctx.trace.traceId,
      remainingMs: ctx.remainingMs(),
    }),
    hang: (_input, ctx) =>
      new Promise((_resolve, reject) => {
        seen.push('hang runs')
        ctx.signal.addEventListener('abort', () => {
          seen.push('hang aborted')
          reject(ctx.signal.reason)
        })
      }),
    count: async function* ({ to }) {
      try {
        for (let n = 1; n <= to; n++) yield n
      } finally {
        seen.push('count left')
      }
    },
    sum: async (_input, _ctx, items) => {
      let total = 0
      for await (const item of items) total += item
      return total
    },
    double: async function* (_input, _ctx, items) {
      for await (const item of items) yield item * 2
    },
    crash: () => {
      throw new Error('secret detail')
    },
  },
})
const shopService = defineService(shop, {
  uses: { stock },
  operations: {
    buy: (input, ctx) => ctx.stock.reserve(input),
    whoami: (_input, ctx) => ctx.stock.whoami(),
    relay: ({ to }, ctx) => ctx.stock.count({ to }),
  },
})

const app = defineApp({
  name: 'test',
  services: {
    stock: () => Promise.resolve({ default: stockService }),
    shop: () => Promise.resolve({ default: shopService }),
  },
})

const platform = systemPlatform()
const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function start(
  services: readonly string[],
  network: Network,
  listen: Address | undefined,
  observations: Observation[] = [],
): Promise<Instance> {
  const instance = await startInstance({
    app,
    services,
    instance: `${services.join('-')}-1`,
    platform,
    network,
    observer: { observe: (observation) => void observations.push(observation) },
    environment: {},
    provision: () => Promise.reject(new Error('no store here')),
    listen,
    callers: [{ name: 'test', uses: ['shop', 'stock'] }],
    linkSecret: 'secret',
  })
  closers.push(() => instance.stop(1000))
  return instance
}

async function startSplit(network: Network, addresses: readonly [Address, Address]): Promise<Instance> {
  const first = await start(['stock'], network, addresses[0])
  const second = await start(['shop'], network, addresses[1])
  if (!first.address) throw new Error('no address')
  second.setPeers([{ instance: first.instance, address: first.address, services: first.services }])
  return second
}

const placements: Record<string, () => Promise<Instance>> = {
  'in one process': () => start(['stock', 'shop'], memoryNetwork(), undefined),
  'over memory links': () =>
    startSplit(memoryNetwork(), [
      { host: 'm', port: 0 },
      { host: 'm', port: 0 },
    ]),
  'over TCP': () =>
    startSplit(nodeNetwork(), [
      { host: '127.0.0.1', port: 0 },
      { host: '127.0.0.1', port: 0 },
    ]),
  'over Unix sockets': () => {
    const directory = mkdtempSync(join(tmpdir(), 'holon-'))
    closers.push(() => rmSync(directory, { recursive: true }))
    return startSplit(nodeNetwork(), [{ path: join(directory, 'stock') }, { path: join(directory, 'shop') }])
  },
}

async function caught(run: () => Promise<unknown>): Promise<unknown> {
  try {
    await run()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

describe.each(Object.entries(placements))('%s', (_name, place) => {
  it('a service calls another one', async () => {
    const invoker = (await place()).invoker('test')
    expect(await invoker.call(shop.operations.buy, { sku: 'a', quantity: 1 })).toEqual({ left: 2 })
  })

  it('a declared failure passes every hop with its data', async () => {
    const invoker = (await place()).invoker('test')
    const error = await caught(() => invoker.call(shop.operations.buy, { sku: 'a', quantity: 9 }))
    if (!isFailure(error, stock.operations.reserve, 'outOfStock')) throw error
    expect(error.failure.data).toEqual({ sku: 'a', left: 3 })
    expect([error.code, error.mayHaveRun]).toEqual(['failed_precondition', true])
  })

  it('wrong input is refused with the field, and has not run', async () => {
    const invoker = (await place()).invoker('test')
    const error = await caught(() => invoker.call(stock.operations.reserve, { sku: 1, quantity: 0 }))
    expect(error).toMatchObject({
      code: 'invalid_argument',
      mayHaveRun: false,
      issues: [{ path: ['sku'] }, { path: ['quantity'] }],
    })
  })

  it('an unexpected throw becomes internal without its message', async () => {
    const invoker = (await place()).invoker('test')
    const error = await caught(() => invoker.call(stock.operations.crash, undefined))
    expect(error).toMatchObject({ code: 'internal', message: 'Internal error in stock.crash.' })
  })

  it('caller, identity, trace and deadline travel', async () => {
    const invoker = (await place()).invoker('test')
    const trace = { traceId: new TraceId(1, 2, 3, 4), spanHigh: 5, spanLow: 6, sampled: true }
    const answer = (await invoker.call(shop.operations.whoami, undefined, {
      identity: { subject: 'u1', issuer: 'i', claims: {} },
      trace,
      timeoutMs: 2000,
    })) as { remainingMs: number }
    expect(answer).toMatchObject({ caller: 'shop', subject: 'u1', traceId: String(trace.traceId) })
    expect(answer.remainingMs).toBeGreaterThan(1000)
    expect(answer.remainingMs).toBeLessThanOrEqual(2000)
  })

  it('a deadline ends the wait and the work', async () => {
    seen.length = 0
    const invoker = (await place()).invoker('test')
    const error = await caught(() => invoker.call(stock.operations.hang, undefined))
    expect(error).toMatchObject({ code: 'deadline_exceeded' })
    await expect.poll(() => seen).toContain('hang aborted')
  })

  it('cancelling ends the wait and the work', async () => {
    seen.length = 0
    const invoker = (await place()).invoker('test')
    const controller = new AbortController()
    const call = caught(() =>
      invoker.call(stock.operations.hang, undefined, { signal: controller.signal, timeoutMs: 5000 }),
    )
    await expect.poll(() => seen).toContain('hang runs')
    controller.abort()
    expect(await call).toMatchObject({ code: 'cancelled' })
    await expect.poll(() => seen).toContain('hang aborted')
  })

  it('streams flow in all directions', async () => {
    const invoker = (await place()).invoker('test')
    expect(await Array.fromAsync(invoker.stream(shop.operations.relay, { to: 500 }))).toEqual(
      Array.from({ length: 500 }, (_, n) => n + 1),
    )
    expect(
      await invoker.call(
        stock.operations.sum,
        undefined,
        {},
        Array.from({ length: 300 }, () => 2),
      ),
    ).toBe(600)
    expect(await Array.fromAsync(invoker.stream(stock.operations.double, undefined, {}, [1, 2, 3]))).toEqual([2, 4, 6])
  })

  it('leaving a stream early ends it at its source', async () => {
    seen.length = 0
    const invoker = (await place()).invoker('test')
    for await (const n of invoker.stream(shop.operations.relay, { to: 1_000_000 })) if (n === 3) break
    await expect.poll(() => seen).toContain('count left')
  })

  it('a wrong item is refused', async () => {
    const invoker = (await place()).invoker('test')
    expect(await caught(() => invoker.call(stock.operations.sum, undefined, {}, [1, 'x']))).toMatchObject({
      code: 'invalid_argument',
    })
  })

  it("the caller's own error in its items comes back to it", async () => {
    const invoker = (await place()).invoker('test')
    const broken = async function* (): AsyncGenerator<number> {
      yield 1
      throw new Error('mine')
    }
    expect(await caught(() => invoker.call(stock.operations.sum, undefined, {}, broken()))).toMatchObject({
      message: 'mine',
    })
  })

  it('a service that is not used is refused', async () => {
    const instance = await place()
    expect(() => instance.invoker('stranger')).toThrow(/no caller/)
    const shopInvoker = instance.invoker('shop')
    expect(await caught(() => shopInvoker.call(shop.operations.whoami, undefined))).toMatchObject({
      code: 'permission_denied',
      mayHaveRun: false,
    })
  })
})

it('a peer with another secret is refused', async () => {
  const network = memoryNetwork()
  const first = await start(['stock'], network, { host: 'm', port: 0 })
  const observations: Observation[] = []
  const second = await startInstance({
    app,
    services: ['shop'],
    instance: 'intruder',
    platform,
    network,
    observer: { observe: (o) => void observations.push(o) },
    environment: {},
    provision: () => Promise.reject(new Error()),
    listen: undefined,
    callers: [{ name: 'test', uses: ['stock'] }],
    linkSecret: 'wrong',
  })
  closers.push(() => second.stop(100))
  second.setPeers([{ instance: first.instance, address: first.address as Address, services: first.services }])
  const error = await caught(() => second.invoker('test').call(stock.operations.whoami, undefined, { timeoutMs: 300 }))
  expect(isServiceError(error)).toBe(true)
  expect(error).toMatchObject({ mayHaveRun: false })
  expect(observations.filter(({ kind }) => kind === 'link')).toEqual(
    expect.arrayContaining([expect.objectContaining({ state: 'refused', reason: expect.stringMatching(/secret/) })]),
  )
  expect(error).toBeInstanceOf(ServiceError)
})
