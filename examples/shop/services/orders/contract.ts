import { command, defineContract, event, failure, query, stream } from 'holon'
import { z } from 'zod'

import { Cents, Currency } from '../../shared/money.ts'
import { pageInput, pageOf } from '../../shared/page.ts'
import { PaymentMethod } from '../payments/contract.ts'

const OrderId = z.string().min(1).max(64)

export const OrderStatus = z.enum(['pending', 'paid', 'packed', 'shipped', 'delivered', 'cancelled'])
export type OrderStatus = z.output<typeof OrderStatus>

export const OrderItem = z.object({
  productId: z.string(),
  name: z.string(),
  imageUrl: z.string(),
  quantity: z.int().min(1),
  /** The price when the order was placed. */
  unitCents: Cents,
  lineCents: Cents,
})
export type OrderItem = z.output<typeof OrderItem>

export const Order = z.object({
  id: OrderId,
  status: OrderStatus,
  items: z.array(OrderItem),
  totalCents: Cents,
  currency: Currency,
  createdAt: z.iso.datetime(),
})
export type Order = z.output<typeof Order>

/** A step that an order has taken. */
export const OrderStep = z.object({
  status: OrderStatus,
  at: z.iso.datetime(),
  /** From `packed` on, for asking the carrier. */
  trackingCode: z.string().nullable(),
})
export type OrderStep = z.output<typeof OrderStep>

/** The data of a failure that ended an order; the customer can look at the order by this id. */
const ended = { orderId: OrderId }

export const orders = defineContract('orders', {
  description: 'What customers have bought, from the checkout to the parcel.',
  operations: {
    place: command({
      summary: 'Buy what is in the cart',
      description:
        'Repeat it with the same Idempotency-Key when no answer came, or a 5xx: there will be one order, and the same answer.',
      http: { route: 'POST /orders', status: 201 },
      timeoutMs: 10_000,
      input: z.object({ paymentMethod: PaymentMethod }),
      output: Order,
      errors: {
        cartEmpty: failure('failed_precondition', undefined, 'The cart is empty.'),
        outOfStock: failure(
          'failed_precondition',
          z.object({ ...ended, productId: z.string(), requested: z.int(), available: z.int() }),
          'There is not enough left of a product. The order is cancelled; nothing was charged.',
        ),
        paymentDeclined: failure(
          'failed_precondition',
          z.object({ ...ended, reason: z.string() }),
          'The payment was declined. The order is cancelled; the cart is as it was.',
        ),
        keyReused: failure(
          'already_exists',
          undefined,
          'This Idempotency-Key belongs to another request. Use a new key for a new order.',
        ),
      },
    }),
    list: query({
      summary: "One's own orders, newest first",
      http: 'GET /orders',
      auth: 'required',
      input: z.object(pageInput),
      output: pageOf(Order),
    }),
    get: query({
      summary: "One of one's own orders",
      http: 'GET /orders/{id}',
      auth: 'required',
      input: z.object({ id: OrderId }),
      output: Order,
    }),
    follow: stream({
      summary: "Follow one's own order: the steps it has taken so far, then each further one as it happens",
      description:
        'Ends when the order is delivered or cancelled. Whoever comes again begins with the first step again.',
      http: 'GET /orders/{id}/events',
      auth: 'required',
      input: z.object({ id: OrderId }),
      serverStream: OrderStep,
    }),
    audit: query({
      summary: 'The books: all orders in pages, oldest first',
      input: z.object({ after: z.string().max(100).default('') }),
      output: z.object({
        orders: z.array(
          z.object({
            id: OrderId,
            status: OrderStatus,
            totalCents: Cents,
            lines: z.array(z.object({ productId: z.string(), quantity: z.int() })),
          }),
        ),
        next: z.string().nullable(),
      }),
    }),
  },
  events: {
    paid: event({
      key: 'orderId',
      description:
        'An order is bought: its goods are reserved and its money is taken. Published once, when it is decided.',
      data: z.object({
        orderId: OrderId,
        accountId: z.string(),
        /** The version of the cart that was bought. */
        cartVersion: z.int().min(0),
        lines: z.array(
          z.object({ productId: z.string(), name: z.string(), quantity: z.int().min(1), lineCents: Cents }),
        ),
        totalCents: Cents,
      }),
    }),
    cancelled: event({
      key: 'orderId',
      description: 'An order cannot be had: what it has reserved and paid is to be given back.',
      data: z.object({ orderId: OrderId, accountId: z.string() }),
    }),
    shipped: event({
      key: 'orderId',
      description: 'The parcel of an order is on its way.',
      data: z.object({ orderId: OrderId, accountId: z.string(), trackingCode: z.string() }),
    }),
  },
})
