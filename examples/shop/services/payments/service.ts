import { defineService, type HandlerContext, type Uses } from 'holon'
import { postgres, type SqlStore } from 'holon/postgres'
import { z } from 'zod'

import { orders } from '../orders/contract.ts'
import { beginRefund, charge, completeRefund, loadPayment, toPayment } from './charge.ts'
import { payments } from './contract.ts'
import { listAtProvider } from './payment-provider.ts'
import type { PaymentsDb } from './payments-db.ts'
import type { ProviderAccess } from './provider-http.ts'

/** Read from `PAYMENTS_PROVIDER_URL`. */
const Config = z.object({ providerUrl: z.url() })

type Context = HandlerContext<Uses, SqlStore<PaymentsDb>, z.output<typeof Config>>

/** Until the provider does it: money that is owed must not become a dead letter over an outage. */
const patient = { tries: 100_000, firstMs: 200, longestMs: 30_000 }

export default defineService(payments, {
  store: postgres<PaymentsDb>({ migrations: new URL('./migrations', import.meta.url) }),
  config: Config,
  operations: {
    charge: (input, ctx) => charge({ store: ctx.store, access: accessOf(ctx) }, input),

    find: async ({ orderId }, { store }) => toPayment(await loadPayment(store, orderId)),

    async audit({ after }, ctx) {
      const { charges, next } = await listAtProvider(accessOf(ctx), after)
      return { charges: charges.map(({ reference, ...charge }) => ({ orderId: reference, ...charge })), next }
    },
  },

  subscriptions: (on) => [
    on(orders.events.cancelled, ({ orderId }, { tx, platform }) =>
      beginRefund(tx, { orderId, now: new Date(platform.now()) }),
    ),
    // Asks the provider while its transaction is open, so: few at a time, and nobody else's work in it.
    on(
      payments.events.refundRequested,
      ({ orderId }, ctx) => completeRefund({ store: ctx.store, access: accessOf(ctx) }, orderId),
      { concurrency: 2, transaction: 'own', retry: patient },
    ),
  ],
})

function accessOf({ config, platform, signal }: Pick<Context, 'config' | 'platform' | 'signal'>): ProviderAccess {
  return { url: config.providerUrl, platform, signal }
}
