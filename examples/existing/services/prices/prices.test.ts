import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startTestApp } from '../../testing/start-test-app.ts'
import { prices } from './contract.ts'

test('ten or more are a tenth cheaper', async (t) => {
  const client = (await startTestApp(t)).client(prices)
  assert.deepEqual(await client.quote({ product: 'tea', quantity: 9 }), { totalCents: 8_010 })
  assert.deepEqual(await client.quote({ product: 'tea', quantity: 10 }), { totalCents: 8_010 })
})

test('what is not sold has no price', async (t) => {
  const client = (await startTestApp(t)).client(prices)
  await assert.rejects(client.quote({ product: 'coffee' }), { code: 'not_found' })
})
