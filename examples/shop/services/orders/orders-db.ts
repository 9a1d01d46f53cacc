import type { EventsOf } from 'holon'
import type { SqlStore, Tx } from 'holon/postgres'
import type { ColumnType, Generated } from 'kysely'

import type { PaymentMethod } from '../payments/contract.ts'
import type { orders, OrderStatus } from './contract.ts'
import type { EndReason } from './order.ts'

export interface OrdersDb {
  orders: {
    number: Generated<number>
    id: string
    account_id: string
    status: OrderStatus
    payment_method: PaymentMethod
    total_cents: number
    currency: 'EUR'
    created_at: Date
    end_reason: ColumnType<EndReason | null, string | undefined, string | null>
    next_step_at: Date | null
    recovery_tries: Generated<number>
    cart_version: number
    tracking_code: Generated<string | null>
  }
  order_steps: {
    order_id: string
    status: OrderStatus
    at: Date
  }
  order_items: {
    order_id: string
    position: number
    product_id: string
    name: string
    image_url: string
    quantity: number
    unit_cents: number
  }
  order_requests: {
    account_id: string
    idempotency_key: string
    fingerprint: string
    order_id: string
  }
}

export type OrdersStore = SqlStore<OrdersDb, EventsOf<typeof orders>>
export type OrdersTx = Tx<OrdersDb, EventsOf<typeof orders>>
