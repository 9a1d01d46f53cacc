import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startTestApp } from 'holon/testing'

import config from '../../holon.config.ts'
import { orders } from '../orders/contract.ts'
import { mails } from './contract.ts'

test('who orders gets a mail', async (t) => {
  const app = await startTestApp(config)
  t.after(() => app.close())
  const placed = await app.http('/api/orders/o1', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ productId: 'pot', quantity: 1 }),
  })
  assert.equal(placed.status, 200)
  const { mail } = await app.client(mails).ofOrder({ orderId: 'o1' })
  assert.deepEqual(mail, { orderId: 'o1', text: 'Thank you for your order of 1 × pot.' })
})

test('an order of which it only hears has its mail, too', async (t) => {
  // Without orders and catalog: the event is all that there is of them.
  const app = await startTestApp(config, { only: ['mails'] })
  t.after(() => app.close())
  const order = { id: 'o2', productId: 'cup', quantity: 3, totalCents: 3_450, placedAt: '2026-01-01T12:00:00Z' }
  await app.publish(orders.events.placed, order, { id: order.id })
  await app.settled()
  const { mail } = await app.client(mails).ofOrder({ orderId: 'o2' })
  assert.deepEqual(mail, { orderId: 'o2', text: 'Thank you for your order of 3 × cup.' })
})

test('without an order there is no mail', async (t) => {
  const app = await startTestApp(config)
  t.after(() => app.close())
  const asked = app.client(mails).ofOrder({ orderId: 'o3' })
  // As long as the service waits for an event that may still come; the test does not.
  await app.clock.forward(2_000)
  assert.deepEqual(await asked, { mail: null })
})
