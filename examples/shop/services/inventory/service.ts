import { defineService } from 'holon'
import { postgres } from 'holon/postgres'

import { repeat } from '../../shared/repeat.ts'
import { inventory } from './contract.ts'
import type { InventoryDb } from './inventory-db.ts'
import { commitReservation, expireNext, heldReservations, releaseReservation, reserveLines } from './reservations.ts'
import { seedStock } from './seed-stock.ts'
import { availableOf } from './stock.ts'

const sweepEveryMs = 10_000

export default defineService(inventory, {
  store: postgres<InventoryDb>({ migrations: new URL('./migrations', import.meta.url), maxConnections: 10 }),

  async start(scope) {
    const { store, platform } = scope
    await seedStock(store, new URL('../../catalog-data/products.json', import.meta.url))
    repeat(scope, 'Ending expired reservations', sweepEveryMs, async () => {
      const now = new Date(platform.now())
      while (!scope.stopping.aborted && (await store.transaction((tx) => expireNext(tx, now)))) {
        // each in its own transaction: one that fails does not hold up the rest for longer than a sweep
      }
    })
  },

  operations: {
    levels: async ({ productIds }, { store }) => ({ levels: await availableOf(store, productIds) }),

    reserve: ({ orderId, lines }, { store, platform, signal }) =>
      store.transaction((tx) => reserveLines(tx, { orderId, lines, now: new Date(platform.now()) }), { signal }),

    commit: ({ orderId }, { store, signal }) => store.transaction((tx) => commitReservation(tx, orderId), { signal }),

    release: ({ orderId }, { store, platform, signal }) =>
      store.transaction((tx) => releaseReservation(tx, { orderId, now: new Date(platform.now()) }), { signal }),

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
})
