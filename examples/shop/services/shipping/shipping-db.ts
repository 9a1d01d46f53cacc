import type { EventsOf } from 'holon'
import type { Tx } from 'holon/postgres'
import type { Generated } from 'kysely'

import type { ParcelStatus, shipping } from './contract.ts'

export interface ShippingDb {
  parcels: {
    number: Generated<number>
    order_id: string
    status: ParcelStatus
    tracking_code: string
    moved_at: Date
  }
}

export type ShippingTx = Tx<ShippingDb, EventsOf<typeof shipping>>
