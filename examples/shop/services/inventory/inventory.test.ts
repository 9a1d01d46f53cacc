import { startTestApp, type TestApp } from '@holon/testing'
import fc from 'fast-check'
import { isFailure, isServiceError } from 'holon'
import { postgres } from 'holon/postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

import shop from '../../holon.config.ts'
import { inventory } from './contract.ts'
import type { InventoryDb, InventoryStore } from './inventory-db.ts'
import { commitReservation, heldReservations, releaseReservation, reserveLines } from './reservations.ts'
import { tellAllStock, tellNewStock } from './stock.ts'

let app: TestApp
let store: InventoryStore

beforeAll(async () => {
  app = await startTestApp(shop, { only: [] })
  const migrations = new URL('./migrations', import.meta.url)
  store = await app.openStore('inventory', postgres<InventoryDb>({ migrations, maxConnections: 20 }))
})
afterAll(() => app.close())
beforeEach(() => stockUp({ a: 10, b: 5, c: 3 }))

async function stockUp(levels: Readonly<Record<string, number>>): Promise<void> {
  await store.events.deleteOutbox(await store.events.readOutbox({ limit: 10_000 }))
  await store.deleteFrom('reservation_lines').execute()
  await store.deleteFrom('reservations').execute()
  await store.deleteFrom('stock').execute()
  const rows = Object.entries(levels).map(([product_id, level]) => ({ product_id, at_start: level, on_hand: level }))
  await store.insertInto('stock').values(rows).execute()
}

const reserve = (orderId: string, quantities: Readonly<Record<string, number>>) => {
  const lines = Object.entries(quantities).map(([productId, quantity]) => ({ productId, quantity }))
  return store.transaction((tx) => reserveLines(tx, { orderId, lines }))
}
const commit = (orderId: string) => store.transaction((tx) => commitReservation(tx, orderId))
const release = (orderId: string) => store.transaction((tx) => releaseReservation(tx, orderId))
const available = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    (await store.selectFrom('stock').selectAll().execute()).map((row) => [row.product_id, row.on_hand - row.reserved]),
  )

/** What waits in the outbox, oldest first: events of one kind as text. */
async function told(topic: string): Promise<string[]> {
  const records = await store.events.readOutbox({ limit: 10_000 })
  return records
    .filter((record) => record.topic === topic)
    .map(({ envelope }) => JSON.stringify((JSON.parse(envelope) as { data: unknown }).data))
}
const level = (productId: string, available: number, version: number) =>
  JSON.stringify({ productId, available, version })

/** Every unit that was there is on hand or was sold; every reserved one belongs to a held reservation. */
async function expectBooksToBalance(): Promise<void> {
  const stock = await store.selectFrom('stock').selectAll().execute()
  const lines = await store
    .selectFrom('reservation_lines')
    .innerJoin('reservations', 'reservations.order_id', 'reservation_lines.order_id')
    .select(['product_id', 'quantity', 'status'])
    .execute()
  const sum = (product: string, status: string): number =>
    lines
      .filter((line) => line.product_id === product && line.status === status)
      .reduce((n, { quantity }) => n + quantity, 0)
  for (const row of stock) {
    expect(row.on_hand + sum(row.product_id, 'committed')).toBe(row.at_start)
    expect(row.reserved).toBe(sum(row.product_id, 'held'))
    expect(row.on_hand - row.reserved).toBeGreaterThanOrEqual(0)
  }
}

function reasonsOf(outcomes: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []))
}

const codeOf = (reason: unknown): string => (isServiceError(reason) ? reason.code : String(reason))

describe('reserve', () => {
  test('keeps all lines of an order, or none', async () => {
    await reserve('o1', { a: 2, b: 5 })
    expect(await available()).toEqual({ a: 8, b: 0, c: 3 })
    const refused = await reserve('o2', { a: 1, b: 1 }).catch((error: unknown) => error)
    if (!isFailure(refused, inventory.operations.reserve, 'outOfStock')) throw refused
    expect(refused.failure.data).toEqual({ productId: 'b', requested: 1, available: 0 })
    expect(await available()).toEqual({ a: 8, b: 0, c: 3 })
  })

  test('of a product without stock records is out of stock', async () => {
    await expect(reserve('o1', { unheard: 1 })).rejects.toMatchObject({ failure: { name: 'outOfStock' } })
  })

  test('the second time changes nothing, and other goods for the same order are refused', async () => {
    const first = await reserve('o1', { a: 2, c: 1 })
    expect(await reserve('o1', { c: 1, a: 2 })).toEqual(first)
    expect(await available()).toEqual({ a: 8, b: 5, c: 2 })
    await expect(reserve('o1', { a: 3 })).rejects.toMatchObject({ code: 'already_exists' })
  })

  test('fifty at once on the last ten: exactly ten get one', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => reserve(`o${n}`, { a: 1 })))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
    for (const reason of reasonsOf(outcomes)) expect(reason).toMatchObject({ failure: { name: 'outOfStock' } })
    expect(await available()).toMatchObject({ a: 0 })
  })

  test('of the same products in opposite orders never deadlocks', async () => {
    await stockUp({ a: 500, b: 500 })
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, n) => reserve(`o${n}`, n % 2 === 0 ? { a: 1, b: 1 } : { b: 1, a: 1 })),
    )
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([])
  })

  test('the same order at once reserves once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => reserve('o1', { a: 3 })))
    expect(await available()).toMatchObject({ a: 7 })
  })
})

describe('commit and release', () => {
  test('commit sells, once', async () => {
    await reserve('o1', { a: 4 })
    await Promise.all([commit('o1'), commit('o1'), commit('o1')])
    expect(await available()).toMatchObject({ a: 6 })
    expect(
      await store.selectFrom('stock').select(['on_hand', 'reserved']).where('product_id', '=', 'a').execute(),
    ).toEqual([{ on_hand: 6, reserved: 0 }])
  })

  test('release gives back what was held, and what was sold', async () => {
    await reserve('o1', { a: 4 })
    await reserve('o2', { b: 2 })
    await commit('o2')
    await Promise.all([release('o1'), release('o1'), release('o2')])
    expect(await available()).toEqual({ a: 10, b: 5, c: 3 })
  })

  test('what is released stays released, also when the reserve call comes later', async () => {
    await release('o1')
    await expect(reserve('o1', { a: 1 })).rejects.toMatchObject({ failure: { name: 'released' } })
    await expect(commit('o1')).rejects.toMatchObject({ failure: { name: 'released' } })
  })

  test('committing an order that never reserved is refused', async () => {
    await expect(commit('o1')).rejects.toMatchObject({ code: 'not_found' })
  })
})

describe('what can be bought', () => {
  const changed = () => told('inventory.stockChanged')

  test('is told whenever it changes, in versions, and not when a sale changes nothing about it', async () => {
    await reserve('o1', { a: 2, b: 1 })
    await commit('o1')
    await reserve('o2', { a: 1 })
    await release('o2')
    await reserve('o3', { a: 99 }).catch(() => {})
    const ofA = (await changed()).filter((text) => text.includes('"a"'))
    expect(ofA).toEqual([level('a', 8, 1), level('a', 7, 3), level('a', 8, 4)])
    expect(await told('inventory.committed')).toEqual([JSON.stringify({ orderId: 'o1' })])
  })

  test('is told once of new products, and of all again when asked', async () => {
    await store.transaction(tellNewStock)
    await store.transaction(tellNewStock)
    const first = [level('a', 10, 1), level('b', 5, 1), level('c', 3, 1)]
    expect((await changed()).toSorted()).toEqual(first)
    await store.transaction(tellAllStock)
    expect((await changed()).toSorted()).toEqual([...first, ...first].toSorted())
  })

  test('reservations stay until their order is decided', async () => {
    await reserve('o1', { a: 4 })
    await reserve('o2', { b: 2 })
    await commit('o2')
    const held = await store.transaction(heldReservations)
    expect(held).toEqual([{ orderId: 'o1', status: 'held', lines: [{ productId: 'a', quantity: 4 }] }])
  })
})

test('whatever happens at the same time, no unit is lost, made up or sold twice', async () => {
  const order = fc.constantFrom('o1', 'o2', 'o3', 'o4')
  const quantities = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 4 }), { minKeys: 1 })
  const step = fc.oneof(
    fc.record({ kind: fc.constant('reserve' as const), order, quantities }),
    fc.record({ kind: fc.constantFrom('commit' as const, 'release' as const), order }),
  )
  const run = (one: typeof step extends fc.Arbitrary<infer Step> ? Step : never): Promise<unknown> => {
    if (one.kind === 'reserve') return reserve(one.order, one.quantities)
    return one.kind === 'commit' ? commit(one.order) : release(one.order)
  }
  const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(rounds, async (atOnce) => {
      await stockUp({ a: 10, b: 5, c: 3 })
      for (const steps of atOnce) {
        const codes = reasonsOf(await Promise.allSettled(steps.map(run))).map((reason) => codeOf(reason))
        expect(new Set(['failed_precondition', 'already_exists', 'not_found'])).toEqual(
          new Set(['failed_precondition', 'already_exists', 'not_found', ...codes]),
        )
        await expectBooksToBalance()
      }
    }),
    { numRuns: 40 },
  )
})
