import { expect, test } from 'vitest'

import { parseAfterSignIn, signInPath, type AfterSignIn } from './sign-in-path.ts'

const roundTrip = (after: AfterSignIn): AfterSignIn =>
  parseAfterSignIn(new URL(signInPath(after), 'http://shop.test').searchParams)

test('the way back and the product to add survive the address of the sign-in page', () => {
  const after = { next: '/search?query=mug&category=kitchen', add: { productId: 'p-0001', quantity: 3 } }
  expect(roundTrip(after)).toEqual(after)
  expect(roundTrip({ next: '/checkout' })).toEqual({ next: '/checkout' })
})

test('only paths of this shop are followed after signing in', () => {
  const foreign = ['https://evil.example/', '//evil.example', '/\\evil.example', 'data:text/html,x', '']
  const followed = foreign.map((next) => parseAfterSignIn(new URLSearchParams({ next })).next)
  expect(followed).toEqual(foreign.map(() => '/'))
})

test('a quantity that is no positive number counts as one', () => {
  const counted = ['0', '-4', 'many', ''].map(
    (quantity) => parseAfterSignIn(new URLSearchParams({ add: 'p-0001', quantity })).add?.quantity,
  )
  expect(counted).toEqual([1, 1, 1, 1])
})
