import { defineService } from '@holon/app'
import { sqlite } from '@holon/data/sqlite'
import { adminOperation } from '@holon/events'
import { expect, it } from 'vitest'

import { createParcels, orders, payments, shipping } from '../fixtures/parcels.ts'
import { fake, NotSettled, startTestApp, type TestApp } from '../index.ts'

const start = async (): Promise<{ readonly app: TestApp; readonly tries: readonly string[] }> => {
  const { app, tries } = createParcels()
  return { app: await startTestApp(app), tries }
}
const place = (app: TestApp, orderId: string, inMs = 0): Promise<unknown> =>
  app.client(orders).place({ orderId, cents: 1, inMs })
const report = (app: TestApp): Promise<unknown> => app.invoker('cli').call(adminOperation('shipping', 'report'), {})

it('waits for events and for those that they cause, and then at once for nothing', async () => {
  const { app } = await start()
  await using _app = app
  for (let n = 0; n < 50; n += 1) await place(app, `o${n}`)
  expect(await app.published(shipping.events.sent)).toHaveLength(50)
  await app.settled({ withinMs: 0 })
})

it('says which event waits for its next try and why, which comes when time is moved', async () => {
  const { app, tries } = await start()
  await using _app = app
  await place(app, 'flaky')
  await app.published(orders.events.placed, { atLeast: 1 })
  await expect(app.settled({ withinMs: 50 })).rejects.toThrow(NotSettled)
  await expect(app.settled({ withinMs: 0 })).rejects.toThrow(
    /- shipping.orders.placed: 1 waiting for the next try after: try \d: .*the van is full\n[^]*clock.forward/,
  )
  await app.clock.forward(60_000)
  await app.settled({ withinMs: 0 })
  expect(tries).toEqual(['flaky', 'flaky', 'flaky'])
  expect(await app.client(shipping).sent()).toEqual(['flaky'])
})

it('an event that keeps failing is worked off when it is a dead letter', async () => {
  const { app, tries } = await start()
  await using _app = app
  await place(app, 'cursed')
  await app.clock.forward(120_000)
  await app.settled()
  expect(tries).toHaveLength(8)
  expect(await report(app)).toMatchObject({ deadLetters: 1, subscriptions: [{ lag: 0 }] })
  expect(await app.published(shipping.events.sent)).toEqual([])
})

it('does not wait for what is to be published later, which comes in its time', async () => {
  const { app } = await start()
  await using _app = app
  await place(app, 'later', 3_600_000)
  await place(app, 'soon', 60_000)
  await app.settled()
  expect(await app.published(orders.events.placed)).toEqual([])
  await app.clock.forward(60_000)
  expect(await app.published(shipping.events.sent)).toMatchObject([{ key: 'soon' }])
  await app.clock.forward(3_600_000)
  expect(await app.client(shipping).sent()).toEqual(['soon', 'later'])
})

it('schedules run at each of their times, and what they publish is worked off', async () => {
  const { app } = createParcels()
  await using running = await startTestApp(app, { clock: { at: new Date('2026-01-31T22:30:00Z') } })
  await running.clock.forward(3 * 3_600_000)
  expect(await running.client(orders).due()).toEqual([
    'hour 2026-01-31T23:00:00.000Z',
    'hour 2026-02-01T00:00:00.000Z',
    'hour 2026-02-01T01:00:00.000Z',
  ])
  expect(await running.published(orders.events.late)).toHaveLength(3)
})

it('says that a subscription is paused', async () => {
  const { app } = await start()
  await using _app = app
  const tool = app.invoker('cli')
  await tool.call(adminOperation('shipping', 'pause'), { subscription: 'shipping.orders.placed' })
  await place(app, 'o1')
  await app.published(orders.events.placed, { atLeast: 1 })
  await expect(app.settled({ withinMs: 100 })).rejects.toThrow(/shipping.orders.placed: 1 paused/)
  await tool.call(adminOperation('shipping', 'resume'), { subscription: 'shipping.orders.placed' })
  await app.settled()
})

it('does not wait for a handler that fails because of a fake', async () => {
  const { app } = createParcels()
  const running = await startTestApp(app, { fakes: [fake(payments, {})] })
  await expect(place(running, 'o1')).rejects.toThrow(/write fake\(payments/)
  await expect(running.settled({ withinMs: 60_000 })).rejects.toThrow(/write fake\(payments/)
  await expect(running.close()).rejects.toThrow(/write fake\(payments/)
})

it('published: as soon as there are so many, or says how many there are', async () => {
  const { app } = await start()
  await using _app = app
  await Promise.all(['a', 'b', 'c'].map((id) => place(app, id)))
  expect((await app.published(orders.events.placed, { atLeast: 2 })).length).toBeGreaterThanOrEqual(2)
  await expect(app.published(orders.events.placed, { atLeast: 4, withinMs: 50 })).rejects.toThrow(
    'After 50 ms 3 of orders.placed have been published, and not 4.',
  )
})

it('says in its time that a handler hangs in a transaction, also where its store has one connection', async () => {
  const hanging = defineService(shipping, {
    store: sqlite({ migrations: new URL('../fixtures/migrations', import.meta.url) }),
    operations: { sent: () => [] },
    subscriptions: (on) => [on(orders.events.placed, () => new Promise<void>(() => undefined))],
  })
  await using app = await startTestApp([hanging], { data: { sqlite: 'memory' } })
  await app.publish(orders.events.placed, { orderId: 'a', cents: 1 })
  // Less than the five seconds that a store waits for a connection.
  const [startMs, longestMs] = [performance.now(), 4_000]
  await expect(app.settled({ withinMs: 500 })).rejects.toThrow(/not answered within \d+ ms; does a transaction hang\?/)
  expect(performance.now() - startMs).toBeLessThan(longestMs)
  const movedMs = performance.now()
  await app.clock.forward(10)
  expect(performance.now() - movedMs).toBeLessThan(longestMs)
})
