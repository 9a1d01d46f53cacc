import { defineService, type HandlerContext, type Uses } from 'holon'
import { postgres, type SqlStore } from 'holon/postgres'
import { z } from 'zod'

import { charge, loadPayment, refund, toPayment } from './charge.ts'
import { payments } from './contract.ts'
import { listAtProvider } from './payment-provider.ts'
import type { PaymentsDb } from './payments-db.ts'
import type { ProviderAccess } from './provider-http.ts'

/** Read from `PAYMENTS_PROVIDER_URL`. */
const Config = z.object({ providerUrl: z.url() })

type Context = HandlerContext<Uses, SqlStore<PaymentsDb>, z.output<typeof Config>>

export default defineService(payments, {
  store: postgres<PaymentsDb>({ migrations: new URL('./migrations', import.meta.url) }),
  config: Config,
  operations: {
    charge: (input, ctx) => charge({ store: ctx.store, access: accessOf(ctx) }, input),

    refund: ({ orderId }, ctx) => refund({ store: ctx.store, access: accessOf(ctx) }, orderId),

    find: async ({ orderId }, { store }) => toPayment(await loadPayment(store, orderId)),

    async audit({ after }, ctx) {
      const { charges, next } = await listAtProvider(accessOf(ctx), after)
      return { charges: charges.map(({ reference, ...charge }) => ({ orderId: reference, ...charge })), next }
    },
  },
})

function accessOf({ config, platform, signal }: Pick<Context, 'config' | 'platform' | 'signal'>): ProviderAccess {
  return { url: config.providerUrl, platform, signal }
}
