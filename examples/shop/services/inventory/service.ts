import { defineService } from 'holon'
import { postgres } from 'holon/postgres'

import { orders } from '../orders/contract.ts'
import { inventory } from './contract.ts'
import type { InventoryDb } from './inventory-db.ts'
import { commitReservation, heldReservations, releaseReservation, reserveLines } from './reservations.ts'
import { seedStock } from './seed-stock.ts'
import { tellAllStock } from './stock.ts'

// Reserving locks the stock of an order's products in one order for all. Several orders in one transaction would not.
const ownTransaction = { transaction: 'own' } as const

export default defineService(inventory, {
  store: postgres<InventoryDb>({ migrations: new URL('./migrations', import.meta.url), maxConnections: 10 }),

  start: ({ store }) => seedStock(store, new URL('../../catalog-data/products.json', import.meta.url)),

  operations: {
    reserve: ({ orderId, lines }, { store, signal }) =>
      store.transaction((tx) => reserveLines(tx, { orderId, lines }), { signal }),

    async audit(_input, { store }) {
      return store.transaction(
        async (tx) => ({
          stock: await tx
            .selectFrom('stock')
            .select(['product_id as productId', 'at_start as atStart', 'on_hand as onHand', 'reserved'])
            .orderBy('product_id')
            .execute(),
          held: await heldReservations(tx),
        }),
        { isolation: 'repeatable read', readOnly: true },
      )
    },
  },

  subscriptions: (on) => [
    on(orders.events.paid, ({ orderId }, { tx }) => commitReservation(tx, orderId), ownTransaction),
    on(orders.events.cancelled, ({ orderId }, { tx }) => releaseReservation(tx, orderId), ownTransaction),
  ],

  // So that a reader whose store was lost, or put back from a backup, knows everything again within a day.
  schedules: ({ cron }) => [cron('0 3 * * *', ({ tx }) => tellAllStock(tx), { name: 'tell-all-stock' })],
})
