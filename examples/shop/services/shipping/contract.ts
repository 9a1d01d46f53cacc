import { defineContract, event, query } from 'holon'
import { z } from 'zod'

const OrderId = z.string().min(1).max(64)

/** Where a parcel is. */
export const ParcelStatus = z.enum(['packing', 'packed', 'shipped', 'delivered'])
export type ParcelStatus = z.output<typeof ParcelStatus>

export const shipping = defineContract('shipping', {
  description: 'Packs what was sold, and sends it: one parcel for each paid order.',
  operations: {
    audit: query({
      summary: 'The books: all parcels in pages, oldest first',
      input: z.object({ after: z.int().min(0).default(0) }),
      output: z.object({
        parcels: z.array(z.object({ orderId: OrderId, status: ParcelStatus, trackingCode: z.string() })),
        next: z.int().nullable(),
      }),
    }),
  },
  events: {
    // One event for all steps, not one for each: only events of one kind keep their order.
    moved: event({
      key: 'orderId',
      description: 'The parcel of an order has come a step further.',
      data: z.object({
        orderId: OrderId,
        status: ParcelStatus.exclude(['packing']),
        trackingCode: z.string(),
        at: z.iso.datetime(),
      }),
    }),
    stepDue: event({
      key: 'orderId',
      description: 'A parcel can take its next step. For this service itself, published ahead of its time.',
      data: z.object({ orderId: OrderId, step: ParcelStatus.exclude(['packing']) }),
    }),
  },
})
