import { defineService } from '@holon/app'
import { defineContract, query } from '@holon/contract'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { createParcels, orders, payments, shipping } from './fixtures/parcels.ts'
import { fake, startTestApp, type TestAppOptions } from './index.ts'

const tea = { orderId: 'o1', cents: 100 }
const charge = (): { chargeId: string } => ({ chargeId: 'faked' })

const placements: readonly (readonly [string, TestAppOptions])[] = [
  ['in one instance', {}],
  ['in an instance for each service', { placement: 'split' }],
  ['in groups', { placement: { shop: ['orders', 'payments'], rest: '*' } }],
  ["over the app's own bus", { bus: 'own' }],
  ["split, over the app's own bus", { bus: 'own', placement: 'split' }],
]

it.each(placements)('runs an app and works its events off, %s', async (_name, options) => {
  await using app = await startTestApp(createParcels().app, options)
  expect(await app.client(orders, 'ann').place(tea)).toEqual({ chargeId: 'c-o1', customer: 'ann' })
  await app.settled()
  expect(await app.client(shipping).sent()).toEqual(['o1'])
  const [sent, ...others] = await app.published(shipping.events.sent)
  expect(sent).toMatchObject({ type: 'shipping.sent', key: 'o1', source: '/parcels/shipping', data: { orderId: 'o1' } })
  expect(others).toEqual([])
  expect(await Array.fromAsync(app.client(orders).history({ orderId: 'o1' }))).toEqual(['charged o1', 'booked o1'])
  const response = await app.http('/api/parcels')
  expect([response.status, await response.json()]).toEqual([200, ['o1']])
})

it('runs the services that are given, in place of an app', async () => {
  const parcels = createParcels()
  await using app = await startTestApp([parcels.orders, parcels.payments])
  expect(await app.client(orders).place(tea)).toEqual({ chargeId: 'c-o1', customer: 'nobody' })
})

it('runs only what is named, and what stands for others', async () => {
  await using app = await startTestApp(createParcels().app, { only: ['orders'], fakes: [fake(payments, { charge })] })
  expect(await app.client(orders).place(tea)).toMatchObject({ chargeId: 'faked' })
  expect(() => app.client(shipping)).not.toThrow()
  expect(app.instances[0]?.services.map(({ name }) => name)).not.toContain('holon-bus')
})

it('says what cannot be run or faked, all at once', async () => {
  const { app } = createParcels()
  const wrong = startTestApp(app, {
    only: ['orders', 'payments', 'returns'],
    fakes: [fake(payments, {}), fake(payments, {})],
  })
  await expect(wrong).rejects.toThrow(/3 mistakes/)
  await expect(wrong).rejects.toThrow(
    /only names 'returns', which the app does not have \(it has orders, payments, ship/,
  )
  await expect(wrong).rejects.toThrow(/'payments' is in only and faked/)
  await expect(wrong).rejects.toThrow(/'payments' is faked twice/)
})

it('gives no client of what does not run', async () => {
  await using app = await startTestApp([createParcels().payments])
  expect(() => app.client(orders)).toThrow(/'orders' does not run here \(payments do\): add it to `only`/)
})

it('reads configuration from the environment that it is given, and from no other', async () => {
  const contract = defineContract('configured', { operations: { colour: query({ output: z.string() }) } })
  const service = defineService(contract, {
    config: z.object({ colour: z.string() }),
    operations: { colour: (_input, ctx) => ctx.config.colour },
  })
  process.env['CONFIGURED_COLOUR'] = 'of the process'
  await expect(startTestApp([service])).rejects.toThrow(/CONFIGURED_COLOUR is not set/)
  await using app = await startTestApp([service], { environment: { CONFIGURED_COLOUR: 'blue' } })
  expect(await app.client(contract).colour()).toBe('blue')
})

it('publishes in the name of a service that does not run', async () => {
  await using app = await startTestApp([createParcels().shipping])
  await app.publish(orders.events.placed, tea)
  await app.settled()
  expect(await app.client(shipping).sent()).toEqual(['o1'])
  expect(await app.published(orders.events.placed)).toEqual([])
  await expect(app.publish(orders.events.placed, { orderId: 'o2', cents: 0.5 })).rejects.toMatchObject({
    code: 'invalid_argument',
  })
})

it('starts replicas over the same stores and the same bus, and stops them', async () => {
  const parcels = createParcels()
  await using app = await startTestApp(parcels.app)
  await using replica = await app.startReplica(['shipping'])
  for (let n = 0; n < 20; n += 1) await app.client(orders).place({ orderId: `o${n}`, cents: 1 })
  await app.settled()
  expect(parcels.tries).toHaveLength(20)
  expect(await replica.client(shipping).sent()).toHaveLength(20)
  const handlers = app.observations.filter(({ kind }) => kind === 'event-handled')
  expect(handlers).toHaveLength(20)
  await replica.stop()
  await app.client(orders).place({ orderId: 'last', cents: 1 })
  await app.settled()
})

it('keeps the data of stores and bus where a folder is given', async () => {
  await using folder = await temporaryFolder()
  const options: TestAppOptions = { data: { folder: folder.path }, bus: 'own' }
  {
    await using app = await startTestApp(createParcels().app, options)
    await app.client(orders).place(tea)
    await app.settled()
  }
  await using again = await startTestApp(createParcels().app, options)
  expect(await again.client(shipping).sent()).toEqual(['o1'])
})

it('keeps sqlite in memory where it is told to', async () => {
  await using app = await startTestApp(createParcels().app, { data: { sqlite: 'memory' } })
  await app.client(orders).place(tea)
  await app.settled()
  expect(await app.client(shipping).sent()).toEqual(['o1'])
  expect(await app.connection('orders', 'sqlite')).toBe(':memory:')
})

it('closes once, and leaves no timer behind', async () => {
  const app = await startTestApp(createParcels().app)
  await app.client(orders).place(tea)
  await Promise.all([app.close(), app.close()])
  await expect(app.client(orders).place(tea)).rejects.toMatchObject({ code: 'unavailable' })
})

async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const { mkdtemp, rm } = await import('node:fs/promises')
  const path = await mkdtemp('/tmp/holon-kept-')
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}
