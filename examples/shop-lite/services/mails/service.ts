import { defineService } from 'holon'
import { sqlite } from 'holon/sqlite'

import { orders } from '../orders/contract.ts'
import { mails } from './contract.ts'
import type { MailsDb } from './mails-db.ts'

export default defineService(mails, {
  store: sqlite<MailsDb>({ migrations: new URL('./migrations', import.meta.url) }),

  operations: {
    async ofOrder({ orderId }, ctx) {
      // Who has just ordered asks before the event has come: wait for it, but not for long.
      await ctx.handled(orders.events.placed, orderId, { withinMs: 2_000 })
      const row = await ctx.store.selectFrom('mails').selectAll().where('order_id', '=', orderId).executeTakeFirst()
      return { mail: row === undefined ? null : { orderId: row.order_id, text: row.text } }
    },
  },

  subscriptions: (on) => [
    on(orders.events.placed, async ({ id, quantity, productId }, { tx }) => {
      const text = `Thank you for your order of ${quantity} × ${productId}.`
      await tx.insertInto('mails').values({ order_id: id, text }).execute()
    }),
  ],
})
