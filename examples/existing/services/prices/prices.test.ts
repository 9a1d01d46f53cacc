import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startTestApp } from 'holon/testing'

import config from '../../holon.config.ts'
import { prices } from './contract.ts'

test('ten or more are a tenth cheaper', async (t) => {
  const app = await startTestApp(config)
  t.after(() => app.close())
  const client = app.client(prices)
  assert.deepEqual(await client.quote({ product: 'tea', quantity: 9 }), { totalCents: 8_010 })
  assert.deepEqual(await client.quote({ product: 'tea', quantity: 10 }), { totalCents: 8_010 })
})

test('what is not sold has no price', async (t) => {
  const app = await startTestApp(config)
  t.after(() => app.close())
  await assert.rejects(app.client(prices).quote({ product: 'coffee' }), { code: 'not_found' })
})
