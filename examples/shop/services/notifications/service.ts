import { defineService } from 'holon'
import { postgres } from 'holon/postgres'
import { z } from 'zod'

import { accountOf } from '../../shared/account-of.ts'
import { parseCursor, toPage } from '../../shared/page.ts'
import { accounts } from '../accounts/contract.ts'
import { orders } from '../orders/contract.ts'
import { notifications } from './contract.ts'
import { confirmationLetter, shippedLetter, welcomeLetter } from './letters.ts'
import { keepRecipient, mailsOf, orderMails, sendMail } from './mails.ts'
import type { NotificationsDb } from './notifications-db.ts'

const auditPageSize = 1_000
const Place = z.object({ before: z.int().min(0) })

export default defineService(notifications, {
  store: postgres<NotificationsDb>({ migrations: new URL('./migrations', import.meta.url) }),

  operations: {
    async list({ limit, cursor }, ctx) {
      const before = cursor === undefined ? undefined : parseCursor(Place, cursor).before
      const found = await mailsOf(ctx.store, { accountId: accountOf(ctx), before, limit: limit + 1 })
      const { items, nextCursor } = toPage(found, { limit, placeOf: ({ number }) => ({ before: number }) })
      return { items: items.map(({ mail }) => mail), nextCursor }
    },

    async audit({ after }, { store }) {
      const found = await orderMails(store, { after, limit: auditPageSize })
      const mails = found.map(({ kind, orderId }) => ({ kind, orderId }))
      return { mails, next: found.at(-1)?.number ?? null }
    },
  },

  subscriptions: (on) => [
    on(accounts.events.opened, async (account, ctx) => {
      await keepRecipient(ctx.tx, account)
      await sendMail(ctx, account.accountId, welcomeLetter())
    }),
    on(orders.events.paid, (order, ctx) => sendMail(ctx, order.accountId, confirmationLetter(order))),
    on(orders.events.shipped, (order, ctx) => sendMail(ctx, order.accountId, shippedLetter(order))),
  ],
})
