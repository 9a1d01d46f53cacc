import { expect, test } from 'vitest'

import { stopOrder } from './stop-order.ts'

const group = (name: string, ...uses: string[]): Parameters<typeof stopOrder>[0][number] => ({
  name,
  services: [name],
  uses,
})

test('the gateway stops first, then callers before those they call', () => {
  const groups = [
    group('stock'),
    group('orders', 'stock', 'pay'),
    group('pay'),
    group('gateway', 'orders'),
    group('web', 'orders'),
  ]
  expect(stopOrder(groups)).toEqual([['gateway'], ['web'], ['orders'], ['stock', 'pay']])
})

test('groups that call each other in a circle stop together, after those that call them', () => {
  expect(stopOrder([group('a', 'b'), group('b', 'a'), group('c', 'a')])).toEqual([['c'], ['a', 'b']])
})

test('a group that uses its own services waits for nobody', () => {
  const main = { name: 'main', services: ['a', 'b', 'gateway'], uses: ['b'] }
  expect(stopOrder([main])).toEqual([['main']])
  expect(stopOrder([])).toEqual([])
})
