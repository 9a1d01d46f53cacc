import { ManualPlatform } from '@holon/contract/manual-platform'
import { type Bus, createPublisher, EventIds, Followers, memoryBus, toBusMessage } from '@holon/events'
import type { ContractEvent } from 'holon'
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from 'kysely'
import { beforeEach, expect, test } from 'vitest'

import { shipping } from '../shipping/contract.ts'
import { orders, type OrderStatus, type OrderStep } from './contract.ts'
import { followOrder, type FollowScope } from './follow-order.ts'
import type { OrdersDb } from './orders-db.ts'

let platform: ManualPlatform
let bus: Bus
/** The steps of every order, and how often they were asked for. */
let steps: OrderStatus[]
let statements: number
/** Whether the service has handled what was published. */
let handled: PromiseWithResolvers<boolean>
let scope: FollowScope
let stopping: AbortController
let gone: AbortController

beforeEach(() => {
  platform = new ManualPlatform()
  bus = memoryBus(platform).connect()
  steps = ['pending']
  statements = 0
  handled = Promise.withResolvers()
  stopping = new AbortController()
  gone = new AbortController()
  const followers = new Followers({ bus, platform, onFault: (error) => expect.unreachable(String(error)) })
  scope = {
    ...{ store: storeOf(() => steps), platform, signal: gone.signal, stopping: stopping.signal },
    follow: (events, options) => followers.follow(events, { ...options, signal: gone.signal }),
    handled: () => handled.promise,
  }
})

/** A database that knows one answer. */
function storeOf(rows: () => readonly OrderStatus[]): Kysely<OrdersDb> {
  return new Kysely<OrdersDb>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    plugins: [
      {
        transformQuery: ({ node }) => node,
        transformResult: () => {
          statements += 1
          return Promise.resolve({ rows: rows().map((status) => ({ status, at: new Date(0), tracking_code: null })) })
        },
      },
    ],
  })
}

async function publish(event: ContractEvent, data: object): Promise<void> {
  const ids = new EventIds(platform)
  const publisher = createPublisher({ platform, ids, app: 'shop', service: event.service })
  await bus.publish([toBusMessage(await publisher(event, data, {}))])
  await platform.pass(0)
}
const pay = (orderId: string): Promise<void> =>
  publish(orders.events.paid, { orderId, accountId: 'a', cartVersion: 0, lines: [], totalCents: 1 })
const moveParcel = (orderId: string): Promise<void> =>
  publish(shipping.events.moved, { orderId, status: 'packed', trackingCode: 't', at: new Date(0).toISOString() })

/** A page that is open: what it was told, and how it ended. */
function open(id: string): { readonly told: OrderStatus[]; readonly ended: Promise<unknown> } {
  const told: OrderStatus[] = []
  const read = async (): Promise<unknown> => {
    for await (const step of followOrder(scope, id) as AsyncIterable<OrderStep>) told.push(step.status)
    return 'over'
  }
  return { told, ended: read().catch((error: unknown) => error) }
}

test('a thousand open pages ask the database nothing while nothing happens, but every ten seconds', async () => {
  const pages = Array.from({ length: 1_000 }, (_, n) => open(`order-${n}`))
  await platform.pass(0)
  const opened = statements
  await platform.pass(9_900)
  expect(statements).toBe(opened)
  await platform.pass(200)
  expect(statements).toBe(opened + 1_000)
  gone.abort(new Error('gone'))
  expect(await Promise.all(pages.map(({ ended }) => ended))).toStrictEqual(pages.map(() => gone.signal.reason))
})

test('a page looks at once when something happens to its order, and only then', async () => {
  const [page, other] = [open('one'), open('other')]
  await platform.pass(0)
  const opened = statements
  steps = ['pending', 'paid']
  await pay('one')
  expect(page.told).toStrictEqual(['pending', 'paid'])
  expect(other.told).toStrictEqual(['pending'])
  expect(statements).toBe(opened + 1)
})

test('a page waits for the step that this service itself makes of a parcel that has moved', async () => {
  const page = open('one')
  await platform.pass(0)
  await moveParcel('one')
  steps = ['pending', 'paid', 'packed']
  expect(page.told).toStrictEqual(['pending'])
  handled.resolve(true)
  await platform.pass(0)
  expect(page.told).toStrictEqual(['pending', 'paid', 'packed'])
})

test('what happens while a page begins to follow is not missed', async () => {
  const page = open('one')
  const { follow } = scope
  scope = {
    ...scope,
    follow: async (...args) => {
      steps = ['pending', 'paid']
      await pay('one')
      return follow(...args)
    },
  }
  const late = open('one')
  await platform.pass(100)
  expect(late.told).toStrictEqual(['pending', 'paid'])
  expect(page.told).toStrictEqual(['pending', 'paid'])
})

test('while the bus is away a page still looks every ten seconds, and at once when it is back', async () => {
  const { follow } = scope
  let away = true
  scope = {
    ...scope,
    follow: (events, options) => (away ? Promise.reject(new Error('no bus')) : follow(events, options)),
  }
  const page = followOrder(scope, 'o1')
  expect(await page.next()).toMatchObject({ value: { status: 'pending' } })
  const next = page.next()
  await platform.pass(5_000)
  expect(statements).toBe(1)
  steps = ['pending', 'paid']
  await platform.pass(5_000)
  expect(await next).toMatchObject({ value: { status: 'paid' } })
  away = false
  const last = page.next()
  await platform.pass(10_000)
  steps = ['pending', 'paid', 'packed']
  handled.resolve(true)
  await moveParcel('o1')
  expect(await last).toMatchObject({ value: { status: 'packed' } })
  gone.abort()
  await page.return()
})

test('the page of an order that is over follows nothing', async () => {
  steps = ['pending', 'cancelled']
  scope = { ...scope, follow: () => expect.unreachable('It is over.') }
  const page = open('one')
  expect(await page.ended).toBe('over')
  expect(page.told).toStrictEqual(['pending', 'cancelled'])
})

test('a page ends when its order does, and one that is open when the service stops is told to come again', async () => {
  const [page, other] = [open('one'), open('other')]
  await platform.pass(0)
  steps = ['pending', 'cancelled']
  await publish(orders.events.cancelled, { orderId: 'one', accountId: 'a' })
  expect(await page.ended).toBe('over')
  stopping.abort()
  expect(await other.ended).toMatchObject({ code: 'unavailable' })
})
