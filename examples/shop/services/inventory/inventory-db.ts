import type { Generated } from 'kysely'

import type { Reservation } from './contract.ts'

export interface InventoryDb {
  stock: {
    product_id: string
    at_start: number
    on_hand: number
    reserved: Generated<number>
  }
  reservations: {
    order_id: string
    status: Reservation['status']
    expires_at: Date
  }
  reservation_lines: {
    order_id: string
    product_id: string
    quantity: number
  }
}
