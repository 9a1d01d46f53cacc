import type { OutputOf } from 'holon'

import type { shipping } from '../shipping/contract.ts'
import { orders } from './contract.ts'
import { findOrder, takeStep } from './order-store.ts'
import type { OrdersTx } from './orders-db.ts'

type ParcelMoved = OutputOf<(typeof shipping)['events']['moved']['definition']['data']>

/** The order goes where its parcel is. Whose it is, only this service knows: so it tells, not shipping. */
export async function followParcel(tx: OrdersTx, { orderId, status, trackingCode, at }: ParcelMoved): Promise<void> {
  if (!(await takeStep(tx, { id: orderId, to: status, at: new Date(at), trackingCode }))) return
  if (status !== 'shipped') return
  const order = await findOrder(tx, orderId)
  if (order !== undefined)
    await tx.publish(orders.events.shipped, { orderId, accountId: order.accountId, trackingCode })
}
