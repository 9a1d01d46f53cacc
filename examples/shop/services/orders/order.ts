import type { PaymentMethod } from '../payments/contract.ts'
import type { Order, OrderItem, OrderStatus } from './contract.ts'

/** Where an order may go from where. Nothing else changes a status. */
const transitions: Readonly<Record<OrderStatus, readonly OrderStatus[]>> = {
  pending: ['paid', 'cancelled'],
  paid: ['packed'],
  packed: ['shipped'],
  shipped: ['delivered'],
  delivered: [],
  cancelled: [],
}

export function canBecome(from: OrderStatus, to: OrderStatus): boolean {
  return transitions[from].includes(to)
}

/** The statuses from which an order can become `to`. */
export function sourcesOf(to: OrderStatus): OrderStatus[] {
  // The table has one line for each status and nothing else.
  return (Object.keys(transitions) as OrderStatus[]).filter((from) => canBecome(from, to))
}

/** Whether an order has come to its end. */
export function isOver(status: OrderStatus): boolean {
  return transitions[status].length === 0
}

/** Why an order was cancelled. */
export type EndReason =
  | { readonly kind: 'outOfStock'; readonly productId: string; readonly requested: number; readonly available: number }
  | { readonly kind: 'paymentDeclined'; readonly reason: string }

/** The whole aggregate: it is loaded and stored as one. */
export interface OrderRecord {
  readonly id: string
  readonly accountId: string
  readonly status: OrderStatus
  readonly paymentMethod: PaymentMethod
  readonly items: readonly OrderItem[]
  readonly totalCents: number
  readonly currency: 'EUR'
  readonly createdAt: Date
  readonly endReason: EndReason | null
  /** Of the cart that it is made of. */
  readonly cartVersion: number
  /** Whether what was decided has been announced; pending orders are not settled. */
  readonly settled: boolean
}

/** What its customer sees of an order. */
export function toOrder({ id, status, items, totalCents, currency, createdAt }: OrderRecord): Order {
  return { id, status, items: [...items], totalCents, currency, createdAt: createdAt.toISOString() }
}
