// What the examples in comments speak of without declaring it: a small shop, seen from a handler of one of its services.
import {
  type AppDefinition,
  command,
  defineContract,
  event,
  type EventsOf,
  type HandlerContext,
  query,
  type ServiceDefinition,
  stream,
} from 'holon'
import type { SqlStore, StoreDefinition } from 'holon/postgres'
import { z } from 'zod'

export { z } from 'zod'
export const greeter = defineContract('greeter', {
  operations: { hello: query({ input: z.object({ name: z.string() }), output: z.string() }) },
})

export const inventory = defineContract('inventory', {
  operations: {
    left: query({ input: z.object({ sku: z.string() }), output: z.int() }),
    reserve: command({
      input: z.object({ sku: z.string() }),
      errors: { outOfStock: { code: 'failed_precondition', data: z.object({ sku: z.string() }) } },
    }),
  },
})

export const orders = defineContract('orders', {
  operations: {
    place: command({
      http: 'POST /orders',
      input: z.object({ sku: z.string() }),
      output: z.object({ id: z.string() }),
    }),
    follow: stream({
      http: 'GET /orders/{id}/steps',
      input: z.object({ id: z.string() }),
      serverStream: z.object({ step: z.string() }),
    }),
  },
  events: { placed: event({ key: 'orderId', data: z.object({ orderId: z.string(), totalCents: z.int() }) }) },
})

export const shipping = defineContract('shipping', {})

export const payments = defineContract('payments', {
  operations: {
    charge: command({ input: z.object({ cents: z.int() }), output: z.object({ chargeId: z.string() }) }),
  },
})

export interface OrdersDb {
  orders: { id: string; status: 'pending' | 'paid' }
  shipments: { order_id: string }
}
export interface CartDb {
  carts: { id: string }
}

/** In a handler of `orders`, which uses `inventory`. */
export declare const ctx: HandlerContext<
  { inventory: typeof inventory },
  SqlStore<OrdersDb>,
  undefined,
  EventsOf<typeof orders>
>
export declare const store: StoreDefinition<SqlStore<OrdersDb>>
export declare const ordersService: ServiceDefinition
export declare const app: AppDefinition
export declare const services: AppDefinition['services']
export declare const id: string
export declare const orderId: string
export declare const error: unknown
export declare const session: { readonly token: string }
