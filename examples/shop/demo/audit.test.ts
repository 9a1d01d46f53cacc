import { expect, test } from 'vitest'

import { auditBooks } from './audit.ts'
import type { Books } from './books.ts'

const nowMs = Date.parse('2026-01-01T12:00:00Z')

/** Two products: of `a` two are sold and one is kept for a pending order; of `b` nothing has moved. */
const good: Books = {
  stock: [
    { productId: 'a', atStart: 10, onHand: 8, reserved: 1 },
    { productId: 'b', atStart: 5, onHand: 5, reserved: 0 },
  ],
  held: [
    {
      orderId: 'o3',
      status: 'held',
      expiresAt: '2026-01-01T12:10:00.000Z',
      lines: [{ productId: 'a', quantity: 1 }],
    },
  ],
  orders: [
    { id: 'o1', status: 'paid', totalCents: 300, settled: true, lines: [{ productId: 'a', quantity: 2 }] },
    { id: 'o2', status: 'cancelled', totalCents: 500, settled: true, lines: [{ productId: 'b', quantity: 1 }] },
    { id: 'o3', status: 'pending', totalCents: 100, settled: true, lines: [{ productId: 'a', quantity: 1 }] },
  ],
  charges: [
    { orderId: 'o1', state: 'captured', amountCents: 300 },
    { orderId: 'o2', state: 'refunded', amountCents: 500 },
  ],
}

const brokenIn = (books: Books): string[] => auditBooks(books, nowMs).flatMap(({ broken }) => broken)

test('books that agree are found to agree', () => {
  expect(brokenIn(good)).toEqual([])
})

test.each<[string, Partial<Books>, RegExp]>([
  ['a unit that vanished', { stock: [{ productId: 'a', atStart: 10, onHand: 7, reserved: 1 }] }, /a: 2 sold \+ 7 left/],
  ['a unit kept for nobody', { stock: [{ productId: 'a', atStart: 10, onHand: 8, reserved: 2 }] }, /a: 2 are kept/],
  ['a paid order without payment', { charges: [] }, /o1: its total is 300, the provider has taken nothing/],
  [
    'a customer charged twice',
    { charges: [1, 2].map(() => ({ orderId: 'o1', state: 'captured' as const, amountCents: 300 })) },
    /o1: .* taken 300 and 300/,
  ],
  ['a wrong amount', { charges: [{ orderId: 'o1', state: 'captured', amountCents: 299 }] }, /o1: .* taken 299/],
  [
    'a cancelled order that was not paid back',
    { charges: [...good.charges.slice(0, 1), { orderId: 'o2', state: 'captured', amountCents: 500 }] },
    /o2: 500 were taken, but the order is cancelled/,
  ],
  [
    'a payment of no order',
    { charges: [...good.charges, { orderId: 'o9', state: 'captured', amountCents: 1 }] },
    /o9: .* the order is unknown/,
  ],
  [
    'goods kept for an order that has ended',
    { orders: good.orders.map((order) => (order.id === 'o3' ? { ...order, status: 'cancelled' as const } : order)) },
    /o3 is cancelled, and keeps goods/,
  ],
  [
    'goods kept for too long',
    { held: good.held.map((reservation) => ({ ...reservation, expiresAt: '2026-01-01T11:59:59.000Z' })) },
    /o3 keeps goods since/,
  ],
  [
    'an order that never ends',
    { orders: good.orders.map((order) => (order.id === 'o3' ? { ...order, settled: false } : order)) },
    /o3 is pending, with steps to go/,
  ],
])('%s is found', (_what, wrong, sentence) => {
  expect(brokenIn({ ...good, ...wrong }).join('\n')).toMatch(sentence)
})
