import { defineApp, defineService } from '@holon/app'
import { command, defineContract, event } from '@holon/contract'
import type { Store, StoreDefinition } from '@holon/data'
import { createOutbox, type DriverOutbox, pgDriver, type PgTransaction } from '@holon/data/outbox-pg'
import { startTestApp } from '@holon/testing'
import { startTestPostgres } from '@holon/testing/postgres'
import { Pool } from 'pg'
import { expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'

const Order = z.object({ orderId: z.string() })
const orders = defineContract('orders', {
  operations: { place: command({ input: Order.extend({ fail: z.boolean().default(false) }) }) },
  events: { placed: event({ key: 'orderId', data: Order }) },
})
const shipping = defineContract('shipping', { operations: {} })

interface OwnDriverStore extends Store, DriverOutbox<PgTransaction> {
  readonly pool: Pool
}

/** The server may end connections that are just being closed. */
function createPool(url: string): Pool {
  const pool = new Pool({ connectionString: url })
  pool.on('error', () => {})
  pool.on('connect', (client) => void client.on('error', () => {}))
  return pool
}

/** A store of somebody who uses `pg` as it is. */
function ownDriver(schema: string): StoreDefinition<OwnDriverStore> {
  return {
    kind: 'postgres',
    async open(options) {
      const pool = createPool(options.connection)
      await pool.query(schema)
      const outbox = await createOutbox(pgDriver(pool), options)
      return {
        ...outbox,
        pool,
        ping: async () => {
          await pool.query('select 1')
        },
        close: async () => {
          await outbox.close()
          await pool.end()
        },
      }
    },
  }
}

let failures = 0
const app = defineApp({
  name: 'shop',
  services: {
    orders: async () => ({
      default: defineService(orders, {
        store: ownDriver('create table orders (id text primary key)'),
        operations: {
          place: async ({ orderId, fail }, { store }) => {
            await store.transaction(async (tx) => {
              await tx.query('insert into orders values ($1)', [orderId])
              await store.publish(tx, orders.events.placed, { orderId })
              if (fail) throw new Error('rolled back')
            })
          },
        },
      }),
    }),
    shipping: async () => ({
      default: defineService(shipping, {
        store: ownDriver('create table shipments (order_id text)'),
        operations: {},
        subscriptions: (on) => [
          on(
            orders.events.placed,
            async ({ orderId }, ctx) => {
              expectTypeOf(ctx.tx).toEqualTypeOf<PgTransaction>()
              await ctx.tx.query('insert into shipments values ($1)', [orderId])
              failures += 1
              if (failures === 1) throw new Error('once')
            },
            { retry: { tries: 5, firstMs: 5, longestMs: 10 } },
          ),
        ],
      }),
    }),
  },
})

test('events go from one driver of the user’s own to another, each applied once and with its effect', async () => {
  await using server = await startTestPostgres()
  await using running = await startTestApp(app, { bus: 'own', data: { postgres: server } })
  const place = (orderId: string, fail = false): Promise<unknown> => running.client(orders).place({ orderId, fail })
  const looking = createPool(await running.connection('shipping'))
  const shipped = async (): Promise<string[]> =>
    (await looking.query<{ order_id: string }>('select order_id from shipments order by order_id')).rows.map(
      (row) => row.order_id,
    )
  await place('o1')
  await expect(place('o2', true)).rejects.toMatchObject({ code: 'internal' })
  await place('o3')
  await running.settled()
  expect(await shipped()).toStrictEqual(['o1', 'o3'])
  expect(failures).toBe(3)
  await looking.end()
})
