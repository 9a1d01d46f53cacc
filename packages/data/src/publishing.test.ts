import { randomUUID } from 'node:crypto'
import { join } from 'node:path'

import { defineContract, event, ServiceError } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'

import type { OutboxRecord } from './events/event-log.ts'
import { temporaryDirectory } from './fixtures/temporary-directory.ts'
import { startTestPostgres, type TestPostgres } from './fixtures/test-postgres.ts'
import { postgres } from './postgres/index.ts'
import { sqlite } from './sqlite/index.ts'
import type { OpenStoreOptions, Publisher, SqlStore } from './store.ts'

type NoTables = Record<never, never>

const orders = defineContract('orders', {
  operations: {},
  events: { placed: event({ key: 'orderId', data: z.object({ orderId: z.string() }) }) },
})

/** What @holon/events does, as far as it matters here. */
const publisher: Publisher = async (published, data, { key, at, trace }): Promise<OutboxRecord> => {
  const { orderId } = z.object({ orderId: z.string() }).parse(data)
  if (orderId === 'refused') throw new ServiceError('invalid_argument', 'refused')
  if (orderId === 'slow') await new Promise((resolve) => setTimeout(resolve, 20))
  const envelope = JSON.stringify({ data, trace: trace?.traceId })
  const record = { id: orderId, topic: published.id, key: key ?? orderId, envelope }
  return at === undefined ? record : { ...record, notBefore: Number(at) }
}

const directory = temporaryDirectory()
let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(async () => {
  await server.close()
  directory.dispose()
})

const engines = [
  { name: 'postgres', define: postgres<NoTables>(), connect: () => server.newDatabase() },
  { name: 'sqlite', define: sqlite<NoTables>(), connect: async () => join(directory.path, `${randomUUID()}.sqlite`) },
] as const

describe.each(engines)('publishing in a transaction on $name', ({ define, connect }) => {
  const open = async (options: Partial<OpenStoreOptions> = { publisher }): Promise<SqlStore<NoTables>> =>
    define.open({
      service: 'orders',
      connection: await connect(),
      platform: systemPlatform(),
      onError: console.error,
      events: true,
      ...options,
    })
  let store: SqlStore<NoTables>
  beforeAll(async () => {
    store = await open()
  })
  afterAll(() => store.close())

  const published = async (): Promise<OutboxRecord[]> => {
    const records = await store.events.readOutbox({ limit: 100 })
    await store.events.deleteOutbox(records)
    return records
  }

  test('puts what the publisher makes of it into the outbox, with key, time and trace', async () => {
    const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), sampled: true }
    await store.transaction(
      async (tx) => {
        await tx.publish(orders.events.placed, { orderId: 'o1' })
        await tx.publish(orders.events.placed, { orderId: 'o2' }, { key: 'mine' })
        await tx.publish(orders.events.placed, { orderId: 'o3' }, { at: new Date(9e12) })
      },
      { trace },
    )
    expect(await published()).toMatchObject([
      { id: 'o1', topic: 'orders.placed', key: 'o1', envelope: expect.stringContaining(trace.traceId) },
      { id: 'o2', key: 'mine' },
    ])
    expect((await store.events.releaseDue()).nextDueMs).toBe(9e12)
  })

  test('is undone when the transaction rolls back', async () => {
    const failure = new Error('no')
    const attempt = store.transaction(async (tx) => {
      await tx.publish(orders.events.placed, { orderId: 'o4' })
      throw failure
    })
    await expect(attempt).rejects.toBe(failure)
    expect(await published()).toStrictEqual([])
  })

  test('refuses what the publisher refuses, and the transaction may go on', async () => {
    await store.transaction(async (tx) => {
      await expect(tx.publish(orders.events.placed, { orderId: 'refused' })).rejects.toThrow('refused')
      await tx.publish(orders.events.placed, { orderId: 'o5' })
    })
    expect(await published()).toMatchObject([{ id: 'o5' }])
  })

  test('belongs to the transaction even if nobody waited for it', async () => {
    await store.transaction(async (tx) => {
      void tx.publish(orders.events.placed, { orderId: 'slow' })
    })
    expect(await published()).toMatchObject([{ id: 'slow' }])
    const attempt = store.transaction(async (tx) => {
      tx.publish(orders.events.placed, { orderId: 'slow' }).catch(() => {})
      tx.publish(orders.events.placed, { orderId: 'refused' }).catch(() => {})
    })
    await expect(attempt).rejects.toThrow('refused')
    expect(await published()).toStrictEqual([])
  })

  test('keeps the order of the calls when nobody waits between them', async () => {
    await store.transaction(async (tx) => {
      const ids = ['slow', 'o8', 'o9']
      await Promise.all(ids.map((orderId) => tx.publish(orders.events.placed, { orderId })))
    })
    expect((await published()).map(({ id }) => id)).toStrictEqual(['slow', 'o8', 'o9'])
  })

  test('is refused after the transaction has ended', async () => {
    const { tx } = await store.transaction(async (open) => ({ tx: open }))
    await expect(tx.publish(orders.events.placed, { orderId: 'o6' })).rejects.toThrow(/committed/)
    expect(await published()).toStrictEqual([])
  })

  test('is refused by a store without events or without publisher, saying so', async () => {
    const [without, silent] = await Promise.all([open({ events: false, publisher }), open({})])
    for (const refusing of [without, silent]) {
      const attempt = refusing.transaction((tx) => tx.publish(orders.events.placed, { orderId: 'o7' }))
      await expect(attempt).rejects.toMatchObject({
        code: 'failed_precondition',
        message: expect.stringContaining('"orders" cannot publish orders.placed'),
      })
    }
    expect(() => without.events).toThrow(/without `events: true`/)
    await Promise.all([without.close(), silent.close()])
  })
})
