import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startTestApp } from '../../testing/start-test-app.ts'
import { orders } from './contract.ts'

test('an order that is sent twice is placed once', async (t) => {
  const client = (await startTestApp(t)).client(orders)
  const first = await client.place({ id: 'o1', productId: 'tea', quantity: 2 })
  assert.equal(first.totalCents, 1_780)
  assert.deepEqual(await client.place({ id: 'o1', productId: 'tea', quantity: 2 }), first)
  assert.deepEqual((await client.list()).orders, [first])
})

test('an id belongs to one order', async (t) => {
  const client = (await startTestApp(t)).client(orders)
  await client.place({ id: 'o1', productId: 'tea', quantity: 2 })
  await assert.rejects(client.place({ id: 'o1', productId: 'cup', quantity: 2 }), { code: 'already_exists' })
})

test('what is not sold cannot be ordered', async (t) => {
  const client = (await startTestApp(t)).client(orders)
  await assert.rejects(client.place({ id: 'o1', productId: 'coffee', quantity: 1 }), { code: 'not_found' })
  assert.deepEqual((await client.list()).orders, [])
})
