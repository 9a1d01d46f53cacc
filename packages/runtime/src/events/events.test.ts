import { defineApp, defineService } from '@holon/app'
import { command, defineContract, DefinitionError, event, query } from '@holon/contract'
import type { SqlStore } from '@holon/data'
import { sqlite } from '@holon/data/sqlite'
import { startTestApp, type TestApp } from '@holon/testing'
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'

const Order = z.object({ orderId: z.string(), cents: z.int() })
const orders = defineContract('orders', {
  operations: {
    place: command({ input: Order.extend({ fail: z.boolean().default(false) }) }),
    announce: command({ input: Order }),
    later: command({ input: z.object({ orderId: z.string(), inMs: z.int() }) }),
    publishWrong: command({}),
    publishForeign: command({}),
  },
  events: { placed: event({ key: 'orderId', data: Order }), noted: event({ data: z.object({ text: z.string() }) }) },
})
const shipping = defineContract('shipping', {
  operations: {
    shipped: query({ output: z.array(z.object({ orderId: z.string(), cents: z.int() })) }),
    ticks: query({ output: z.int() }),
  },
  events: { sent: event({ key: 'orderId', data: z.object({ orderId: z.string() }) }) },
})
const mail = defineContract('mail', { operations: { sent: query({ output: z.array(z.string()) }) } })

interface Db {
  rows: { id: string; cents: number }
}
const createRows = async (store: SqlStore<Db>): Promise<void> => {
  const { sql } = await import('kysely')
  await sql`create table if not exists rows (id text primary key, cents integer not null)`.execute(store)
}

let failures = 0
const calledAlone: string[] = []
const ordersService = defineService(orders, {
  store: sqlite<Db>(),
  start: ({ store }) => createRows(store),
  operations: {
    place: async ({ fail, ...order }, ctx) => {
      await ctx.store.transaction(async (tx) => {
        await tx.insertInto('rows').values({ id: order.orderId, cents: order.cents }).execute()
        await tx.publish(orders.events.placed, order)
        // @ts-expect-error -- only the service's own events
        if (order.cents < 0) await tx.publish(shipping.events.sent, { orderId: 'x' })
        if (fail) throw new Error('rolled back')
      })
    },
    announce: (order, ctx) => ctx.publish(orders.events.placed, order),
    later: ({ orderId, inMs }, ctx) =>
      ctx.publish(orders.events.placed, { orderId, cents: 1 }, { at: ctx.platform.now() + inMs }),
    publishWrong: (_input, ctx) => ctx.publish(orders.events.placed, { orderId: 'x', cents: 1.5 }),
    publishForeign: (_input, ctx) => ctx.publish(shipping.events.sent as never, { orderId: 'x' } as never),
  },
})
const shippingService = defineService(shipping, {
  store: sqlite<Db>(),
  start: ({ store }) => createRows(store),
  operations: {
    shipped: async (_input, ctx) =>
      (await ctx.store.selectFrom('rows').selectAll().orderBy('id').execute()).map(({ id, cents }) => ({
        orderId: id,
        cents,
      })),
    ticks: async (_input, ctx) =>
      (await ctx.store.selectFrom('rows').select('id').where('id', 'like', 'tick%').execute()).length,
  },
  subscriptions: (on) => [
    on(
      orders.events.placed,
      async (order, ctx) => {
        expectTypeOf(order).toEqualTypeOf<{ orderId: string; cents: number }>()
        await ctx.tx.insertInto('rows').values({ id: order.orderId, cents: order.cents }).execute()
        await ctx.store.transaction((tx) => tx.publish(shipping.events.sent, { orderId: order.orderId }))
        if (order.orderId === 'flaky' && (failures += 1) < 3) throw new Error('try again')
        if (order.orderId === 'cursed') throw new Error('never', { cause: new Error('the reason') })
      },
      { retry: { tries: 3, firstMs: 5, longestMs: 10 } },
    ),
    on(
      orders.events.placed,
      ({ orderId }) => {
        calledAlone.push(orderId)
        if (orderId.startsWith('alone-failing')) throw new Error('never')
      },
      {
        name: 'alone',
        transaction: 'own',
        concurrency: 1,
        retry: { tries: 1 },
        filter: ({ orderId }) => orderId.startsWith('alone'),
      },
    ),
  ],
  schedules: ({ every }) => [
    every('100ms', async (ctx) => {
      await ctx.tx
        .insertInto('rows')
        .values({ id: `tick-${ctx.dueAt.getTime()}`, cents: 0 })
        .execute()
    }),
  ],
})
const mails: string[] = []
const mailService = defineService(mail, {
  operations: { sent: () => mails },
  subscriptions: (on) => [
    on(shipping.events.sent, ({ orderId }, ctx) => {
      expectTypeOf(ctx.store).toEqualTypeOf<undefined>()
      mails.push(`${orderId} ${ctx.event.key}`)
    }),
  ],
})

const shop = defineApp({
  name: 'shop',
  services: {
    orders: () => Promise.resolve({ default: ordersService }),
    shipping: () => Promise.resolve({ default: shippingService }),
    mail: () => Promise.resolve({ default: mailService }),
  },
})

let app: TestApp
afterEach(async () => {
  await app.close()
  mails.length = 0
  calledAlone.length = 0
  failures = 0
})

describe.each([
  ['in one process', { main: '*' }],
  ['split', 'split'],
] as const)('events, %s', (_name, placement) => {
  beforeEach(async () => {
    app = await startTestApp(shop, { bus: 'own', placement })
  })
  const shipped = async (): Promise<string[]> =>
    (await app.client(shipping).shipped()).map(({ orderId }) => orderId).filter((id) => !id.startsWith('tick'))

  it('an event published in a transaction is applied by its subscriber, whose own events go on', async () => {
    await app.client(orders).place({ orderId: 'o1', cents: 100 })
    await expect.poll(() => shipped()).toEqual(['o1'])
    await expect.poll(() => app.client(mail).sent()).toEqual(['o1 o1'])
  })

  it('nothing is published of a transaction that was rolled back', async () => {
    await expect(app.client(orders).place({ orderId: 'o1', cents: 100, fail: true })).rejects.toMatchObject({
      code: 'internal',
    })
    await app.client(orders).place({ orderId: 'o2', cents: 100 })
    await expect.poll(() => shipped()).toEqual(['o2'])
  })

  it('an event can be published outside of a transaction, and later', async () => {
    await app.client(orders).later({ orderId: 'later', inMs: 300 })
    await app.client(orders).announce({ orderId: 'now', cents: 1 })
    await expect.poll(() => shipped()).toEqual(['now'])
    await expect.poll(() => shipped()).toEqual(['later', 'now'])
  })

  it('what a failed try wrote and published is undone; the next one starts afresh', async () => {
    await app.client(orders).place({ orderId: 'flaky', cents: 1 })
    await expect.poll(() => shipped()).toEqual(['flaky'])
    await expect.poll(() => app.client(mail).sent()).toEqual(['flaky flaky'])
  })

  it('an event that keeps failing becomes a dead letter, and those after it go on', async () => {
    await app.client(orders).place({ orderId: 'cursed', cents: 1 })
    await app.client(orders).place({ orderId: 'fine', cents: 1 })
    await expect.poll(() => shipped()).toEqual(['fine'])
    const outcomes = (): unknown[] =>
      app.observations.flatMap((o) =>
        o.kind === 'event-handled' && o.key === 'cursed' && o.subscription === 'shipping.orders.placed'
          ? [o.outcome]
          : [],
      )
    await expect.poll(outcomes).toEqual(['failed', 'failed', 'dead'])
  })

  it('data that does not match and events of other services are refused at publishing', async () => {
    await expect(app.client(orders).publishWrong()).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/cents/),
    })
    await expect(app.client(orders).publishForeign()).rejects.toMatchObject({ code: 'permission_denied' })
  })

  it("with transaction: 'own', a handler is not called again because another event's failed", async () => {
    const ids = Array.from({ length: 60 }, (_, n) => `alone-${n % 10 === 9 ? 'failing' : 'fine'}-${n}`)
    await Promise.all(ids.map((orderId) => app.client(orders).place({ orderId, cents: 1 })))
    await expect.poll(() => new Set(calledAlone).size).toBe(ids.length)
    await expect.poll(() => calledAlone.length).toBe(ids.length)
    expect(calledAlone.toSorted()).toEqual(ids.toSorted())
  })

  it('schedules run at their times', async () => {
    await expect.poll(() => app.client(shipping).ticks()).toBeGreaterThan(2)
  })
})

describe('mistakes in subscriptions and schedules', () => {
  it('are refused together', () => {
    const define = (): unknown =>
      defineService(mail, {
        operations: { sent: () => [] },
        subscriptions: (on) => [
          on(orders.events.placed, () => {}),
          on(orders.events.placed, () => {}),
          on((orders.events as never)['gone'], () => {}),
          on(orders.events.noted, () => {}, { name: 'a b', concurrency: 0 }),
        ],
        schedules: ({ every }) => [every('1m', () => {}), every('1m', () => {})],
      })
    expect(define).toThrow(DefinitionError)
    expect(define).toThrow(
      /two subscriptions are named 'orders\.placed'[\s\S]*subscriptions\[2\] is to no event[\s\S]*'a b'[\s\S]*concurrency is 0[\s\S]*two schedules[\s\S]*need a store/,
    )
    const wrongTimes = (): unknown =>
      defineService(shipping, { operations: {} as never, schedules: ({ every }) => [every('5 minutes', () => {})] })
    expect(wrongTimes).toThrow(/'5 minutes' is no interval/)
  })
})
