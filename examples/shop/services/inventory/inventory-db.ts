import type { EventsOf } from 'holon'
import type { SqlStore, Tx } from 'holon/postgres'
import type { Generated } from 'kysely'

import type { inventory, Reservation } from './contract.ts'

export interface InventoryDb {
  stock: {
    product_id: string
    at_start: number
    on_hand: number
    reserved: Generated<number>
    version: Generated<number>
  }
  reservations: {
    order_id: string
    status: Reservation['status']
  }
  reservation_lines: {
    order_id: string
    product_id: string
    quantity: number
  }
}

export type InventoryStore = SqlStore<InventoryDb, EventsOf<typeof inventory>>
export type InventoryTx = Tx<InventoryDb, EventsOf<typeof inventory>>
