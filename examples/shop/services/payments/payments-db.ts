import type { Payment } from './contract.ts'

export interface PaymentsDb {
  payments: {
    order_id: string
    status: Payment['status']
    amount_cents: number
    currency: Payment['currency']
    method: Payment['method']
    provider_charge_id: string | null
    decline_reason: string | null
    created_at: Date
    updated_at: Date
  }
}
