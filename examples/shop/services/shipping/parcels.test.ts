import { createPublisher, EventIds } from '@holon/events'
import type { EventsOf } from 'holon'
import { postgres, type SqlStore } from 'holon/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { startTestShop, type TestShop } from '../../testing/test-shop.ts'
import type { shipping } from './contract.ts'
import { moveLate } from './parcels.ts'
import type { ShippingDb } from './shipping-db.ts'

const stepMs = 2_500
const month = 30 * 24 * 3_600_000

let shop: TestShop
let store: SqlStore<ShippingDb, EventsOf<typeof shipping>>
beforeAll(async () => {
  // Any service, for a database: shipping itself must not run, or it would be faster.
  shop = await startTestShop({ services: ['accounts'] })
  const { platform } = shop.clock
  store = await postgres<ShippingDb>({ migrations: new URL('./migrations', import.meta.url) }).open({
    service: 'shipping',
    connection: await shop.provision('shipping'),
    platform,
    onError: () => {},
    events: true,
    publisher: createPublisher({ platform, ids: new EventIds(platform), app: 'shop', service: 'shipping' }),
  })
})
afterAll(async () => {
  await store.close()
  await shop.close()
})

test('parcels that a wrong clock keeps waiting are moved on, and no others', async () => {
  const { platform } = shop.clock
  const moved = { long: -2 * 60_000, month, soon: -1_000, done: -month }
  for (const [orderId, ms] of Object.entries(moved))
    await store
      .insertInto('parcels')
      .values({
        order_id: orderId,
        status: orderId === 'done' ? 'delivered' : 'packed',
        tracking_code: `HP-${orderId}`,
        moved_at: new Date(platform.now() + ms),
      })
      .execute()
  await store.transaction((tx) => moveLate({ tx, platform, stepMs }))
  const due = (await store.events.readOutbox({ limit: 100 })).map(({ envelope }) => JSON.parse(envelope).data)
  expect(due).toEqual([
    { orderId: 'long', step: 'shipped' },
    { orderId: 'month', step: 'shipped' },
  ])
})
