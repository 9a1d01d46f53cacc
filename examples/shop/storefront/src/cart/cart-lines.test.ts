import { expect, test } from 'vitest'

import type { Cart } from '../api/answers.ts'
import { countItems, withQuantity } from './cart-lines.ts'

const line = (productId: string, quantity: number, unitCents: number) => ({
  productId,
  quantity,
  unitCents,
  lineCents: quantity * unitCents,
  name: productId,
  imageUrl: '',
  stock: 10,
})

const cart: Cart = { items: [line('kettle', 1, 4490), line('mug', 2, 1290)], totalCents: 7070, currency: 'EUR' }

test('a new quantity changes the line and the total', () => {
  const changed = withQuantity(cart, { productId: 'mug', name: 'Mug', quantity: 5 })
  expect(changed.items.map(({ lineCents }) => lineCents)).toEqual([4490, 6450])
  expect(changed.totalCents).toBe(10_940)
  expect(countItems(changed)).toBe(6)
})

test('a quantity of zero removes the line', () => {
  const changed = withQuantity(cart, { productId: 'kettle', name: 'Kettle', quantity: 0 })
  expect(changed.items.map(({ productId }) => productId)).toEqual(['mug'])
  expect(changed.totalCents).toBe(2580)
})

test('no cart counts as empty', () => {
  expect(countItems(undefined)).toBe(0)
})
