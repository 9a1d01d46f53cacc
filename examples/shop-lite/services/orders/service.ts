import { defineService, fail } from 'holon'
import { sqlite } from 'holon/sqlite'

import { catalog } from '../catalog/contract.ts'
import { type Order, orders } from './contract.ts'
import type { OrdersDb } from './orders-db.ts'

const listed = 50

export default defineService(orders, {
  uses: { catalog },
  store: sqlite<OrdersDb>({ migrations: new URL('./migrations', import.meta.url) }),

  operations: {
    async place({ id, productId, quantity }, ctx) {
      // Before the transaction: no call may keep it open.
      const { priceCents } = await ctx.catalog.get({ id: productId })
      const row = {
        id,
        product_id: productId,
        quantity,
        total_cents: quantity * priceCents,
        placed_at: new Date(ctx.platform.now()).toISOString(),
      }
      return ctx.store.transaction(async (tx) => {
        const { numInsertedOrUpdatedRows } = await tx
          .insertInto('orders')
          .values(row)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow()
        if (numInsertedOrUpdatedRows === 0n) {
          const known = await tx.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
          if (known.product_id !== productId || known.quantity !== quantity)
            throw fail(orders.operations.place, 'taken', undefined)
          return toOrder(known)
        }
        const order = toOrder(row)
        // Leaves with the order or not at all. The id lets others wait for what follows from it.
        await tx.publish(orders.events.placed, order, { id })
        return order
      })
    },

    async list(_input, { store }) {
      const rows = await store.selectFrom('orders').selectAll().orderBy('placed_at', 'desc').limit(listed).execute()
      return { orders: rows.map(toOrder) }
    },
  },
})

function toOrder(row: OrdersDb['orders']): Order {
  const { id, product_id: productId, quantity, total_cents: totalCents, placed_at: placedAt } = row
  return { id, productId, quantity, totalCents, placedAt }
}
