import { expect, it } from 'vitest'

import { createParcels, orders, payments, shipping } from './fixtures/parcels.ts'
import { fake, startTestApp } from './index.ts'

it('runs an app and works its events off', async () => {
  const parcels = createParcels()
  await using app = await startTestApp(parcels.app)
  expect(await app.client(orders, 'ann').place({ orderId: 'o1', cents: 100 })).toEqual({
    chargeId: 'c-o1',
    customer: 'ann',
  })
  await app.settled()
  expect(await app.client(shipping).sent()).toEqual(['o1'])
  expect(await app.published(shipping.events.sent)).toMatchObject([
    { data: { orderId: 'o1' }, key: 'o1', source: '/parcels/shipping' },
  ])
})

it('sends requests', async () => {
  const parcels = createParcels()
  await using app = await startTestApp(parcels.app)
  const response = await app.http('/api/orders', {
    method: 'POST',
    body: JSON.stringify({ orderId: 'o1', cents: 100 }),
    headers: { 'content-type': 'application/json' },
    identity: 'bob',
  })
  expect([response.status, await response.json()]).toEqual([200, { chargeId: 'c-o1', customer: 'bob' }])
  const stream = await app.http('/api/orders/o1/history')
  expect(await stream.text()).toContain('booked o1')
})

it('fakes', async () => {
  const parcels = createParcels()
  await using app = await startTestApp([parcels.orders], {
    fakes: [fake(payments, { charge: () => ({ chargeId: 'x' }) })],
  })
  await app.client(orders).place({ orderId: 'o1', cents: 100 })
})
