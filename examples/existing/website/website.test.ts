import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'

import { prices } from '../services/prices/contract.ts'
import { startTestApp } from '../testing/start-test-app.ts'
import { createWebsite } from './website.ts'

async function startWebsite(t: TestContext): Promise<string> {
  const app = await startTestApp(t)
  const server = createWebsite({ prices: app.client(prices) }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('an offer has the price that the service quotes', async (t) => {
  const response = await fetch(`${await startWebsite(t)}/offer/tea?quantity=10`)
  assert.deepEqual(await response.json(), { product: 'tea', quantity: 10, totalCents: 8_010 })
})

test('what the contract refuses is no failure of the website', async (t) => {
  const url = await startWebsite(t)
  assert.equal((await fetch(`${url}/offer/coffee`)).status, 404)
  assert.equal((await fetch(`${url}/offer/tea?quantity=many`)).status, 400)
})
