import { command, defineContract, event, failure, query } from 'holon'
import { z } from 'zod'

import { ProductId } from '../catalog/contract.ts'

export const OrderId = z.string().min(1).max(40)

export const Order = z.object({
  id: OrderId,
  productId: ProductId,
  quantity: z.int().min(1).max(99),
  totalCents: z.int().min(0),
  placedAt: z.iso.datetime(),
})
export type Order = z.output<typeof Order>

export const orders = defineContract('orders', {
  description: 'What was bought.',
  operations: {
    place: command({
      description: 'Who orders names the order: sent twice, because no answer came, it is placed once.',
      http: 'PUT /orders/{id}',
      // Nobody signs in here. Where users do, leave it out: commands then want a token.
      auth: 'none',
      input: Order.pick({ id: true, productId: true, quantity: true }),
      output: Order,
      errors: { taken: failure('already_exists', undefined, 'Another order has this id.') },
    }),
    list: query({ http: 'GET /orders', output: z.object({ orders: z.array(Order) }) }),
  },
  events: {
    placed: event({ key: 'id', data: Order }),
  },
})
