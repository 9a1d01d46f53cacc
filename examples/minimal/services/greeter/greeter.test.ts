import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startTestApp } from '../../testing/start-test-app.ts'
import { greeter } from './contract.ts'

test('greets by name', async (t) => {
  const app = await startTestApp(t)
  assert.deepEqual(await app.client(greeter).hello({ name: 'Ann' }), { text: 'Hello, Ann!' })
})

test('refuses an empty name', async (t) => {
  const app = await startTestApp(t)
  await assert.rejects(app.client(greeter).hello({ name: '' }), { code: 'invalid_argument' })
})

test('is reached from outside at GET /hello/{name}', async (t) => {
  const app = await startTestApp(t)
  const response = await fetch(`${app.gatewayUrl}/hello/Ann`)
  assert.deepEqual([response.status, await response.json()], [200, { text: 'Hello, Ann!' }])
})
