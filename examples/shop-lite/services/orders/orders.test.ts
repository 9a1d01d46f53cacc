import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ServiceError } from 'holon'
import { fake, startTestApp } from 'holon/testing'

import config from '../../holon.config.ts'
import { catalog } from '../catalog/contract.ts'
import { orders } from './contract.ts'

// What stands for the catalog is held to its contract: an answer that the real one could not give fails the test.
const fakeCatalog = fake(catalog, {
  get({ id }) {
    if (id !== 'tea') throw new ServiceError('not_found', `There is no product '${id}'.`)
    return { id, name: 'Tea', priceCents: 890 }
  },
})

const alone = { only: ['orders'], fakes: [fakeCatalog] }

test('an order that is sent twice is placed once, and announced once', async (t) => {
  const app = await startTestApp(config, alone)
  t.after(() => app.close())
  const client = app.client(orders)
  const first = await client.place({ id: 'o1', productId: 'tea', quantity: 2 })
  assert.equal(first.totalCents, 1_780)
  assert.deepEqual(await client.place({ id: 'o1', productId: 'tea', quantity: 2 }), first)
  assert.deepEqual((await client.list()).orders, [first])
  const placed = await app.published(orders.events.placed)
  assert.deepEqual(
    placed.map(({ data }) => data),
    [first],
  )
})

test('an id belongs to one order', async (t) => {
  const app = await startTestApp(config, alone)
  t.after(() => app.close())
  const client = app.client(orders)
  await client.place({ id: 'o1', productId: 'tea', quantity: 2 })
  await assert.rejects(client.place({ id: 'o1', productId: 'tea', quantity: 3 }), { code: 'already_exists' })
})

test('what is not sold cannot be ordered, and nobody hears of it', async (t) => {
  const app = await startTestApp(config, alone)
  t.after(() => app.close())
  const client = app.client(orders)
  await assert.rejects(client.place({ id: 'o1', productId: 'coffee', quantity: 1 }), { code: 'not_found' })
  assert.deepEqual((await client.list()).orders, [])
  assert.deepEqual(await app.published(orders.events.placed), [])
})
