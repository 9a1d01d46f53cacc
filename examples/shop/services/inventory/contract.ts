import { command, defineContract, event, failure, query } from 'holon'
import { z } from 'zod'

const ProductId = z.string().min(1).max(64)
const OrderId = z.string().min(1).max(64)
const Units = z.int().min(1).max(10_000)

export const Line = z.object({ productId: ProductId, quantity: Units })
export type Line = z.output<typeof Line>

const outOfStock = failure(
  'failed_precondition',
  z.object({ productId: ProductId, requested: Units, available: z.int().min(0) }),
  'There is not enough left of a product.',
)
const released = failure('failed_precondition', undefined, 'The reservation of this order was given up for good.')

export const Reservation = z.object({
  orderId: OrderId,
  status: z.enum(['held', 'committed', 'released']),
  lines: z.array(Line),
})
export type Reservation = z.output<typeof Reservation>

const AuditedStock = z.object({
  productId: ProductId,
  atStart: z.int().min(0),
  onHand: z.int().min(0),
  reserved: z.int().min(0),
})

/**
 * The stock and who has a claim on it. A reservation belongs to an order and is known by the order's id, so reserving may
 * be repeated: the second time changes nothing. It ends by what becomes of the order: paid, the goods are sold; cancelled,
 * they are available again.
 */
export const inventory = defineContract('inventory', {
  description: 'How many there are of each product, and for whom they are kept.',
  operations: {
    reserve: command({
      summary: 'Keep all lines of an order until it is paid or cancelled, or none of them',
      input: z.object({ orderId: OrderId, lines: z.array(Line).min(1).max(100) }),
      output: Reservation,
      errors: { outOfStock, released },
    }),
    audit: query({
      summary: 'The books: all stock, and every reservation that holds some of it',
      output: z.object({ stock: z.array(AuditedStock), held: z.array(Reservation) }),
    }),
  },
  events: {
    committed: event({
      key: 'orderId',
      description: 'The goods of a paid order have left the stock: they can be packed.',
      data: z.object({ orderId: OrderId }),
    }),
    stockChanged: event({
      key: 'productId',
      description:
        'So many of a product can be bought. Each change of a product has a higher version; a version may be told again.',
      data: z.object({ productId: ProductId, available: z.int().min(0), version: z.int().min(1) }),
    }),
  },
})
