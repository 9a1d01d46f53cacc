import { startTestApp, type TestApp } from '@holon/testing'
import type { EventsOf } from 'holon'
import { postgres, type SqlStore } from 'holon/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'

import shop from '../../holon.config.ts'
import type { shipping } from './contract.ts'
import { moveLate } from './parcels.ts'
import type { ShippingDb } from './shipping-db.ts'

const stepMs = 2_500
const month = 30 * 24 * 3_600_000

let app: TestApp
let store: SqlStore<ShippingDb, EventsOf<typeof shipping>>
beforeAll(async () => {
  // Shipping itself must not run, or it would be faster.
  app = await startTestApp(shop, { only: [] })
  const migrations = new URL('./migrations', import.meta.url)
  store = await app.openStore('shipping', postgres<ShippingDb>({ migrations }))
})
afterAll(() => app.close())

test('parcels that a wrong clock keeps waiting are moved on, and no others', async () => {
  const { platform } = app.clock
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
