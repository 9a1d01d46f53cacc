import { command, defineContract, failure, query } from 'holon'
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
 * The money of an order. There is at most one payment for each order, known by the order's id, so every command may be
 * repeated: the customer is charged once.
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
    refund: command({
      summary: 'Make sure that no money of an order is kept, nor will be: a charge still under way is taken back too',
      timeoutMs: 15_000,
      input: z.object({ orderId: OrderId }),
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
})
