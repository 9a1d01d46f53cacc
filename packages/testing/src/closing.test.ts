import { defineService } from '@holon/app'
import { command, defineContract } from '@holon/contract'
import { ManualPlatform } from '@holon/contract/manual-platform'
import { sqlite } from '@holon/data/sqlite'
import { expect, it } from 'vitest'

import { createParcels, orders } from './fixtures/parcels.ts'
import { startTestApp, type TestApp } from './index.ts'

const migrations = new URL('./fixtures/migrations', import.meta.url)
const uses: readonly (readonly [string, (app: TestApp) => Promise<unknown>])[] = [
  ['http', (app) => app.http('/api/parcels')],
  ['listen', (app) => app.listen()],
  ['publish', (app) => app.publish(orders.events.placed, { orderId: 'o1', cents: 1 })],
  ['openStore', (app) => app.openStore('shipping', sqlite({ migrations }))],
  ['connection', (app) => app.connection('shipping', 'sqlite')],
  ['startReplica', (app) => app.startReplica()],
]

it.each(uses)('%s begins nothing that nobody would end: not after the close, nor during it', async (name, use) => {
  const app = await startTestApp(createParcels().app)
  const closing = app.close()
  await expect(use(app)).rejects.toThrow(`The test app is closed: use ${name} before`)
  await closing
  const seen = app.observations.length
  await expect(use(app)).rejects.toThrow(`The test app is closed: use ${name} before`)
  expect(app.observations).toHaveLength(seen)
})

it.each([
  ['openStore', (app: TestApp) => app.openStore('shipping', sqlite({ migrations }))],
  ['startReplica', (app: TestApp) => app.startReplica(['shipping'])],
] as const)('%s that has begun before the close ends with it', async (_name, use) => {
  const app = await startTestApp(createParcels().app)
  const outcome = use(app).then(
    () => 'begun',
    (error: unknown) => String(error),
  )
  await app.close()
  expect(await outcome).not.toBe('begun')
  const ready = app.observations.filter((one) => one.kind === 'lifecycle' && one.subject === 'instance')
  const ended = ready.filter((one) => one.kind === 'lifecycle' && one.state === 'stopped')
  const started = ready.filter((one) => one.kind === 'lifecycle' && one.state === 'ready')
  expect(ended.length).toBe(started.length)
})

// It takes three seconds; a store by itself would wait for five, and a service for its lock as long.
it.each(['files', 'memory'] as const)(
  'an open transaction of the test is not waited for, sqlite in %s',
  async (kind) => {
    const parcels = createParcels()
    const app = await startTestApp([parcels.shipping], { data: { sqlite: kind } })
    const store = await app.openStore('shipping', sqlite({ migrations }))
    const begun = Promise.withResolvers<void>()
    const open = store.transaction(() => {
      begun.resolve()
      return new Promise<void>(() => undefined)
    })
    open.catch(() => undefined)
    await begun.promise
    const startMs = performance.now()
    await app.close()
    expect(performance.now() - startMs).toBeLessThan(4_500)
  },
)

it('a handler that never ends is not waited for, also where the clock stands still', async () => {
  const contract = defineContract('hanging', { operations: { hang: command({ timeoutMs: 1_000_000 }) } })
  const begun = Promise.withResolvers<void>()
  const service = defineService(contract, {
    operations: {
      hang: () => {
        begun.resolve()
        return new Promise<void>(() => undefined)
      },
    },
  })
  const app = await startTestApp([service], { clock: { platform: new ManualPlatform() } })
  const call = app.client(contract).hang()
  call.catch(() => undefined)
  await begun.promise
  await app.close()
})
