import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startTestApp } from '../../testing/start-test-app.ts'
import { orders } from '../orders/contract.ts'
import { mails } from './contract.ts'

test('who orders gets a mail', async (t) => {
  const app = await startTestApp(t)
  await app.client(orders).place({ id: 'o1', productId: 'pot', quantity: 1 })
  const { mail } = await app.client(mails).ofOrder({ orderId: 'o1' })
  assert.deepEqual(mail, { orderId: 'o1', text: 'Thank you for your order of 1 × pot.' })
})

test('without an order there is no mail', async (t) => {
  const app = await startTestApp(t)
  assert.deepEqual(await app.client(mails).ofOrder({ orderId: 'o2' }), { mail: null })
})
