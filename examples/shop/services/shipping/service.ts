import { defineService } from 'holon'
import { postgres } from 'holon/postgres'
import { z } from 'zod'

import { inventory } from '../inventory/contract.ts'
import { shipping } from './contract.ts'
import { moveLate, moveParcel, openParcel } from './parcels.ts'
import type { ShippingDb } from './shipping-db.ts'

const auditPageSize = 500

/** Read from `SHIPPING_STEP_MS`. */
const Config = z.object({
  stepMs: z
    .int()
    .min(0)
    .default(2_500)
    .describe('how long a parcel takes for each step, in ms: it is only a demonstration'),
})

export default defineService(shipping, {
  store: postgres<ShippingDb>({ migrations: new URL('./migrations', import.meta.url) }),
  config: Config,

  operations: {
    async audit({ after }, { store }) {
      const rows = await store
        .selectFrom('parcels')
        .selectAll()
        .where('number', '>', after)
        .orderBy('number')
        .limit(auditPageSize)
        .execute()
      const parcels = rows.map((row) => ({
        orderId: row.order_id,
        status: row.status,
        trackingCode: row.tracking_code,
      }))
      return { parcels, next: rows.at(-1)?.number ?? null }
    },
  },

  subscriptions: (on) => [
    on(inventory.events.committed, ({ orderId }, { tx, platform, config }) =>
      openParcel({ tx, platform, stepMs: config.stepMs }, orderId),
    ),
    on(shipping.events.stepDue, (due, { tx, platform, config }) =>
      moveParcel({ tx, platform, stepMs: config.stepMs }, due),
    ),
  ],

  schedules: ({ every }) => [
    every('1m', ({ tx, platform, config }) => moveLate({ tx, platform, stepMs: config.stepMs }), { name: 'move-late' }),
  ],
})
