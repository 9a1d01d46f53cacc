import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'

import { ServiceError } from 'holon'
import { fake, startTestApp } from 'holon/testing'

import config from '../holon.config.ts'
import { prices } from '../services/prices/contract.ts'
import { createWebsite, type WebsiteServices } from './website.ts'

async function startWebsite(t: TestContext, services: WebsiteServices): Promise<string> {
  const server = createWebsite(services).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('an offer has the price that the service quotes', async (t) => {
  const app = await startTestApp(config)
  t.after(() => app.close())
  const url = await startWebsite(t, { prices: app.client(prices) })
  const response = await fetch(`${url}/offer/tea?quantity=10`)
  assert.deepEqual(await response.json(), { product: 'tea', quantity: 10, totalCents: 8_010 })
})

test('what the contract refuses is no failure of the website', async (t) => {
  const app = await startTestApp(config)
  t.after(() => app.close())
  const url = await startWebsite(t, { prices: app.client(prices) })
  assert.equal((await fetch(`${url}/offer/coffee`)).status, 404)
  assert.equal((await fetch(`${url}/offer/tea?quantity=many`)).status, 400)
})

test('while the service is away, the website says that it is its own fault', async (t) => {
  const quote = () => {
    throw new ServiceError('unavailable', 'Later.')
  }
  const app = await startTestApp(config, { fakes: [fake(prices, { quote })] })
  t.after(() => app.close())
  const url = await startWebsite(t, { prices: app.client(prices) })
  assert.equal((await fetch(`${url}/offer/tea`)).status, 500)
})
