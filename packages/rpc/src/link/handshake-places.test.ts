import { expect, it } from 'vitest'

import { HandshakePlaces } from './handshake-places.ts'

it('nobody has to leave while there is room, and those who leave make some', () => {
  const places = new HandshakePlaces<number>(2)
  expect([places.take('a', 1), places.take('a', 2)]).toEqual([undefined, undefined])
  places.leave('a', 1)
  places.leave('a', 1)
  expect([places.take('b', 3), places.take('b', 4)]).toEqual([undefined, 2])
})

it('the oldest of the address that has the most gives way, so that no address keeps out another', () => {
  const places = new HandshakePlaces<string>(4)
  for (const one of ['peer 1', 'peer 2']) places.take('peers', one)
  for (const one of ['stranger 1', 'stranger 2']) places.take('strangers', one)
  const evicted = ['stranger 3', 'stranger 4', 'stranger 5'].map((one) => places.take('strangers', one))
  expect(evicted).toEqual(['peer 1', 'stranger 1', 'stranger 2'])
  expect(places.take('peers', 'peer 3')).toBe('stranger 3')
})
