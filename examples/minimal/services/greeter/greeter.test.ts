import assert from 'node:assert/strict'
import { test } from 'node:test'

import { startTestApp } from 'holon/testing'

import config from '../../holon.config.ts'
import { greeter } from './contract.ts'

test('greets by name', async (t) => {
  const app = await startTestApp(config)
  t.after(() => app.close())
  assert.deepEqual(await app.client(greeter).hello({ name: 'Ann' }), { text: 'Hello, Ann!' })
})

test('refuses an empty name', async (t) => {
  const app = await startTestApp(config)
  t.after(() => app.close())
  await assert.rejects(app.client(greeter).hello({ name: '' }), { code: 'invalid_argument' })
})

test('is reached from outside at GET /hello/{name}', async (t) => {
  const app = await startTestApp(config)
  t.after(() => app.close())
  const response = await app.http('/hello/Ann')
  assert.deepEqual([response.status, await response.json()], [200, { text: 'Hello, Ann!' }])
})
