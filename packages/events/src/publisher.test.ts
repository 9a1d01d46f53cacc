import { defineContract, event } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { expect, test } from 'vitest'
import { z } from 'zod'

import { EventIds } from './event-ids.ts'
import { createPublisher } from './publisher.ts'

const shop = defineContract('shop', {
  operations: {},
  events: { placed: event({ key: 'orderId', data: z.object({ orderId: z.string() }) }) },
})
const platform = new ManualPlatform()
const publish = createPublisher({ platform, ids: new EventIds(platform), app: 'app', service: 'shop' })

test.each([
  ['', /shop.placed is empty/],
  ['x'.repeat(513), /shop.placed is longer than 512/],
  ['a\u0000b', /shop.placed "a\\u0000b" holds U\+0000/],
  ['a\ud800', /shop.placed "a\\ud800" holds .* half of a surrogate pair/],
])('an event with the key %j is refused when it is published', (orderId, message) => {
  expect(() => publish(shop.events.placed, { orderId }, {})).toThrow(message)
  expect(() => publish(shop.events.placed, { orderId: 'a' }, { key: orderId })).toThrow(message)
})

test.each(['a\nb', 'ü 🙂', '\ufffd', 'x'.repeat(512)])('an event with the key %j is published', async (orderId) => {
  expect(await publish(shop.events.placed, { orderId }, {})).toMatchObject({ key: orderId })
})

test.each(['', 'x'.repeat(256), 'a\u0000b', '\udc00', 'a\nb', ' a', 'ü'])(
  'an event with the id %j is refused when it is published',
  (id) => {
    expect(() => publish(shop.events.placed, { orderId: 'a' }, { id })).toThrow(
      /of shop.placed is not 1 to 255 visible ASCII characters/,
    )
  },
)

test.each(['mine', '!'.repeat(255), 'order:1/2'])('an event has the id %j that it is given', async (id) => {
  const made = await publish(shop.events.placed, { orderId: 'a' }, { id })
  expect(made).toMatchObject({ id, key: 'a' })
  expect(JSON.parse(made.envelope)).toMatchObject({ id })
})
