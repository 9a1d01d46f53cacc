import { command, defineContract, event, failure, query } from 'holon'
import { z } from 'zod'

import { Cents, Currency } from '../../shared/money.ts'

const OrderId = z.string().min(1).max(64)

/** How a customer pays. `card-declined` is a card that the provider always refuses, to see what happens then. */
export const PaymentMethod = z.enum(['card', 'invoice', 'card-declined'])
export type PaymentMethod = z.output<typeof PaymentMethod>

export const Payment = z.object({
  orderId: OrderId,
  /** `requested`: the provider was asked, its answer is not known yet. */
  status: z.enum(['requested', 'captured', 'declined', 'refunding', 'refunded']),
  amountCents: Cents,
  currency: Currency,
  method: PaymentMethod,
})
export type Payment = z.output<typeof Payment>

/** A charge as the provider's own books have it. */
const ProviderCharge = z.object({ orderId: z.string(), state: z.enum(['captured', 'refunded']), amountCents: Cents })

/**
 * The money of an order. There is at most one payment for each order, known by the order's id, so charging may be
 * repeated: the customer is charged once. An order that is cancelled is paid back, also a charge still under way.
 */
export const payments = defineContract('payments', {
  description: 'Takes and returns the money of orders, through the payment provider.',
  operations: {
    charge: command({
      summary: 'Charge the customer of an order, once',
      timeoutMs: 15_000,
      input: z.object({ orderId: OrderId, amountCents: Cents, currency: Currency, method: PaymentMethod }),
      output: Payment,
      errors: {
        declined: failure('failed_precondition', z.object({ reason: z.string() }), 'The payment was declined.'),
        refunded: failure('failed_precondition', undefined, 'The payment of this order was taken back for good.'),
      },
    }),
    find: query({
      summary: 'The payment of an order',
      input: z.object({ orderId: OrderId }),
      output: Payment,
    }),
    audit: query({
      summary: "The provider's own list of charges, in pages",
      input: z.object({ after: z.string().max(100).default('') }),
      output: z.object({ charges: z.array(ProviderCharge), next: z.string().nullable() }),
    }),
  },
  events: {
    captured: event({
      key: 'orderId',
      description: 'The provider has taken the money of an order.',
      data: z.object({ orderId: OrderId }),
    }),
    declined: event({
      key: 'orderId',
      description: 'The provider refuses to charge an order.',
      data: z.object({ orderId: OrderId, reason: z.string() }),
    }),
    refundRequested: event({
      key: 'orderId',
      description: 'Money of an order has to be given back. For this service itself, which asks the provider then.',
      data: z.object({ orderId: OrderId }),
    }),
  },
})
