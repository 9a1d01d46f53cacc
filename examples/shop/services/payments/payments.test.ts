import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { openCharges } from '../../payment-provider/charges.ts'
import { wellBehaved } from '../../payment-provider/mischief.ts'
import { startTestShop, type TestShop } from '../../testing/test-shop.ts'
import { orders as ordersContract } from '../orders/contract.ts'
import { payments } from './contract.ts'
import { parseProviderAmount, toProviderAmount } from './provider-money.ts'

let shop: TestShop
let orders = 0
beforeAll(async () => {
  shop = await startTestShop({ only: ['payments'] })
})
afterAll(() => shop.close())
afterEach(() => {
  shop.provider.rates = wellBehaved
})

const client = () => shop.client(payments)
const newOrder = () => ({
  orderId: `o-${(orders += 1)}`,
  amountCents: 1230,
  currency: 'EUR' as const,
  method: 'card' as const,
})
const settled = (orderId: string) =>
  shop.provider.charges.list('', 10_000).filter((charge) => charge.reference === orderId)

describe('a charge', () => {
  test('is made once, however often it is asked for', async () => {
    const order = newOrder()
    const answers = await Promise.all([client().charge(order), client().charge(order), client().charge(order)])
    expect(answers).toEqual(answers.map(() => ({ ...order, status: 'captured' })))
    expect(await client().charge(order)).toMatchObject({ status: 'captured' })
    expect(settled(order.orderId)).toMatchObject([{ amount: '12.30 EUR', state: 'SETTLED' }])
  })

  test('of another amount for the same order is refused', async () => {
    const order = newOrder()
    await client().charge(order)
    await expect(client().charge({ ...order, amountCents: 1 })).rejects.toMatchObject({ code: 'already_exists' })
  })

  test('that the provider refuses is declined, and stays so', async () => {
    const order = { ...newOrder(), method: 'card-declined' as const }
    const declined = { failure: { name: 'declined', data: { reason: 'insufficient funds' } } }
    await expect(client().charge(order)).rejects.toMatchObject(declined)
    await expect(client().charge(order)).rejects.toMatchObject(declined)
    expect(await client().find({ orderId: order.orderId })).toMatchObject({ status: 'declined' })
  })

  test('survives a provider that fails before, and one that drops the connection after', async () => {
    shop.provider.rates = { slow: 0, failBefore: 0.3, dropAfter: 0.3 }
    const placed = Array.from({ length: 30 }, newOrder)
    await Promise.all(
      placed.map(async (order) => {
        // As orders does it: until there is an answer.
        const charge = () =>
          client()
            .charge(order)
            .catch(() => undefined)
        await expect.poll(charge, { timeout: 20_000 }).toMatchObject({ status: 'captured' })
      }),
    )
    for (const { orderId } of placed) expect(settled(orderId)).toHaveLength(1)
  })

  test('whose answer never came is found at the provider', async () => {
    shop.provider.rates = { slow: 0, failBefore: 0, dropAfter: 1 }
    const order = newOrder()
    expect(await client().charge(order)).toMatchObject({ status: 'captured' })
    expect(settled(order.orderId)).toHaveLength(1)
  })

  test('of a provider that is down stays open, and goes on later', async () => {
    shop.provider.rates = { slow: 0, failBefore: 1, dropAfter: 0 }
    const order = newOrder()
    await expect(client().charge(order)).rejects.toMatchObject({ code: 'unavailable' })
    expect(await client().find({ orderId: order.orderId })).toMatchObject({ status: 'requested' })
    shop.provider.rates = wellBehaved
    expect(await client().charge(order)).toMatchObject({ status: 'captured' })
  })
})

describe('a cancelled order', () => {
  const cancel = (orderId: string) => shop.publish(ordersContract.events.cancelled, { orderId, accountId: 'a' })
  const statusOf = (orderId: string) => async () =>
    (
      await client()
        .find({ orderId })
        .catch(() => undefined)
    )?.status

  test('gets its money back, once', async () => {
    const order = newOrder()
    await client().charge(order)
    await Promise.all([cancel(order.orderId), cancel(order.orderId)])
    await expect.poll(statusOf(order.orderId)).toBe('refunded')
    expect(settled(order.orderId)).toMatchObject([{ state: 'REVERSED' }])
    await expect(client().charge(order)).rejects.toMatchObject({ failure: { name: 'refunded' } })
  })

  test('that was never charged keeps a late charge out', async () => {
    const order = newOrder()
    await cancel(order.orderId)
    await expect.poll(statusOf(order.orderId)).toBe('refunded')
    await expect(client().charge(order)).rejects.toMatchObject({ failure: { name: 'refunded' } })
    expect(settled(order.orderId)).toEqual([])
  })

  test('at the same time as the charge leaves no money taken', async () => {
    shop.provider.rates = { slow: 0, failBefore: 0.2, dropAfter: 0.2 }
    const placed = Array.from({ length: 20 }, newOrder)
    await Promise.allSettled(placed.flatMap((order) => [client().charge(order), cancel(order.orderId)]))
    for (const { orderId } of placed) {
      await expect.poll(statusOf(orderId), { timeout: 20_000 }).toMatch(/^(refunded|declined)$/)
      expect(settled(orderId).filter(({ state }) => state === 'SETTLED')).toEqual([])
    }
  })

  test('gets its money back however long the provider is away', async () => {
    const order = newOrder()
    await client().charge(order)
    shop.provider.rates = { slow: 0, failBefore: 1, dropAfter: 0 }
    await cancel(order.orderId)
    const failed = () =>
      shop.observations.some((o) => o.kind === 'event-handled' && o.key === order.orderId && o.outcome === 'failed')
    await expect.poll(failed, { timeout: 20_000 }).toBe(true)
    expect(await statusOf(order.orderId)()).toBe('refunding')
    shop.provider.rates = wellBehaved
    await expect.poll(statusOf(order.orderId), { timeout: 20_000 }).toBe('refunded')
  })
})

test('the audit lists all that the provider has taken, in pages', async () => {
  const charges = []
  for (let after: string | null = ''; after !== null;) {
    const page = await client().audit({ after })
    charges.push(...page.charges)
    after = page.next
  }
  const taken = shop.provider.charges.list('', 10_000).filter(({ state }) => state === 'SETTLED')
  expect(charges.filter(({ state }) => state === 'captured')).toHaveLength(taken.length)
  expect(charges.find(({ orderId }) => orderId === 'o-1')).toEqual({
    orderId: 'o-1',
    state: 'captured',
    amountCents: 1230,
  })
})

test('amounts survive the way to the provider and back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (amountCents) => {
      expect(parseProviderAmount(toProviderAmount(amountCents, 'EUR'))).toEqual({ amountCents, currency: 'EUR' })
    }),
  )
  expect(toProviderAmount(5, 'EUR')).toBe('0.05 EUR')
  expect(() => parseProviderAmount('12,30 EUR')).toThrow("'12,30 EUR'")
})

test('the provider as a process of its own keeps its books through kill -9', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'provider-'))
  const file = join(folder, 'books.db')
  const program = fileURLToPath(new URL('../../payment-provider/server.ts', import.meta.url))
  const environment = {
    PAYMENT_PROVIDER_FILE: file,
    PAYMENT_PROVIDER_FAIL: '0',
    PAYMENT_PROVIDER_DROP: '0',
    PAYMENT_PROVIDER_SLOW: '0',
  }
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
    const { port } = JSON.parse(line.slice(line.indexOf('{'))) as { port: number }
    const body = new URLSearchParams({ reference: 'order-1', amount: '3.00 EUR', instrument: 'CARD' })
    const answer = await fetch(`http://127.0.0.1:${port}/v1/charges`, { method: 'POST', body })
    expect(new URLSearchParams(await answer.text()).get('state')).toBe('SETTLED')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const books = openCharges(file)
    expect(books.find('order-1')).toMatchObject({ state: 'SETTLED', amount: '3.00 EUR' })
    books.close()
  } finally {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})
