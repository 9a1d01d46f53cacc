import { expect, test } from 'vitest'

import { auditBooks } from './audit.ts'
import type { Books } from './books.ts'

/** Two products: of `a` two are sold; of `b` nothing has moved. */
const good: Books = {
  stock: [
    { productId: 'a', atStart: 10, onHand: 8, reserved: 0 },
    { productId: 'b', atStart: 5, onHand: 5, reserved: 0 },
  ],
  held: [],
  orders: [
    { id: 'o1', status: 'paid', totalCents: 300, lines: [{ productId: 'a', quantity: 2 }] },
    { id: 'o2', status: 'cancelled', totalCents: 500, lines: [{ productId: 'b', quantity: 1 }] },
  ],
  charges: [
    { orderId: 'o1', state: 'captured', amountCents: 300 },
    { orderId: 'o2', state: 'refunded', amountCents: 500 },
  ],
  parcels: [{ orderId: 'o1', status: 'shipped', trackingCode: 'HP-1' }],
  mails: [
    { kind: 'confirmation', orderId: 'o1' },
    { kind: 'shipped', orderId: 'o1' },
  ],
  givenUp: [],
  shown: new Map([
    ['a', 8],
    ['b', 5],
  ]),
}

const brokenIn = (books: Books): string[] => auditBooks(books).flatMap(({ broken }) => broken)

test('books that agree are found to agree', () => {
  expect(brokenIn(good)).toEqual([])
})

test.each<[string, Partial<Books>, RegExp]>([
  ['a unit that vanished', { stock: [{ productId: 'a', atStart: 10, onHand: 7, reserved: 0 }] }, /a: 2 sold \+ 7 left/],
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
    { held: [{ orderId: 'o2', status: 'held', lines: [{ productId: 'a', quantity: 1 }] }] },
    /o2 is cancelled, and keeps goods/,
  ],
  [
    'an order that never ends',
    { orders: [{ id: 'o3', status: 'pending', totalCents: 1, lines: [] }] },
    /o3 is still pending/,
  ],
  ['an order that was not sent', { parcels: [] }, /o1 is paid, and has 0 parcels/],
  ['an order that was sent twice', { parcels: [...good.parcels, ...good.parcels] }, /o1 is paid, and has 2 parcels/],
  [
    'a parcel of an order that was not paid',
    { parcels: [...good.parcels, { orderId: 'o2', status: 'packing', trackingCode: 'HP-2' }] },
    /o2 is cancelled, and has 1 parcels/,
  ],
  [
    'a parcel of no order',
    { parcels: [...good.parcels, { orderId: 'o9', status: 'packing', trackingCode: 'HP-9' }] },
    /o9 has a parcel, and is unknown/,
  ],
  ['a customer who was told nothing', { mails: good.mails.slice(1) }, /o1 is paid, and has 0 confirmations/],
  ['a customer who was told twice', { mails: [...good.mails, ...good.mails] }, /o1 is paid, and has 2 confirmations/],
  [
    'a customer who was told of a sale that was none',
    { mails: [...good.mails, { kind: 'confirmation', orderId: 'o2' }] },
    /o2 is cancelled, and has 1 confirmations/,
  ],
  ['a stock that is shown wrong', { shown: new Map([...good.shown, ['a', 9]]) }, /a: the catalog shows 9, there are 8/],
  [
    'an event that was given up',
    { givenUp: [{ subscription: 'cart.orders.paid', topic: 'orders.paid', key: 'o1' }] },
    /cart.orders.paid has given up orders.paid of o1/,
  ],
  ['a stock that is not shown', { shown: new Map([['b', 5]]) }, /a: the catalog shows nothing, there are 8/],
])('%s is found', (_what, wrong, sentence) => {
  expect(brokenIn({ ...good, ...wrong }).join('\n')).toMatch(sentence)
})
