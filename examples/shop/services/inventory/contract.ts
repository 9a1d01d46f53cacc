import { command, defineContract, failure, query } from 'holon'
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
  status: z.enum(['held', 'committed', 'released', 'expired']),
  expiresAt: z.iso.datetime(),
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
 * The stock and who has a claim on it. A reservation belongs to an order and is known by the order's id, so every
 * command may be repeated: the second time changes nothing.
 */
export const inventory = defineContract('inventory', {
  description: 'How many there are of each product, and for whom they are kept.',
  operations: {
    levels: query({
      summary: 'How many of each product can be bought now; products without stock records are left out',
      input: z.object({ productIds: z.array(ProductId).max(500) }),
      output: z.object({ levels: z.array(z.object({ productId: ProductId, available: z.int().min(0) })) }),
    }),
    reserve: command({
      summary: 'Keep all lines of an order for fifteen minutes, or none of them',
      input: z.object({ orderId: OrderId, lines: z.array(Line).min(1).max(100) }),
      output: Reservation,
      errors: { outOfStock, released },
    }),
    commit: command({
      summary: 'The goods of a reservation are sold; one that has expired is taken anew if it still can be',
      input: z.object({ orderId: OrderId }),
      output: Reservation,
      errors: { outOfStock, released },
    }),
    release: command({
      summary: 'Give up an order for good: what was kept or sold is available again, and nothing can be reserved later',
      input: z.object({ orderId: OrderId }),
    }),
    audit: query({
      summary: 'The books: all stock, and every reservation that holds some of it',
      output: z.object({ stock: z.array(AuditedStock), held: z.array(Reservation) }),
    }),
  },
})
