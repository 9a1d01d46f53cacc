import type { Platform } from 'holon'

import { type ParcelStatus, shipping } from './contract.ts'
import type { ShippingTx } from './shipping-db.ts'

// packing ──▶ packed ──▶ shipped ──▶ delivered
//
// Nobody really carries anything: each step is due some time after the one before. The time is kept in an event that is
// published ahead, in the transaction that takes the step before. So it is neither forgotten nor does anybody look at the
// clock, however many parcels there are and whatever crashes meanwhile. Only a clock that is wrong can mislead that: once it
// is right again, `moveLate` finds the parcels whose event is due in another year.

const next = { packing: 'packed', packed: 'shipped', shipped: 'delivered', delivered: undefined } as const

const lateAtOnce = 200

type Step = Exclude<ParcelStatus, 'packing'>

interface Warehouse {
  readonly tx: ShippingTx
  readonly platform: Platform
  /** How long each step takes. */
  readonly stepMs: number
}

/** Begins to pack what was sold. */
export async function openParcel(warehouse: Warehouse, orderId: string): Promise<void> {
  const { tx, platform } = warehouse
  const code = Buffer.from(platform.randomBytes(5)).toString('hex').toUpperCase()
  await tx
    .insertInto('parcels')
    .values({
      order_id: orderId,
      status: 'packing',
      tracking_code: `HP-${code}`,
      moved_at: new Date(platform.now()),
    })
    .execute()
  await planNext(warehouse, orderId, 'packing')
}

/** Takes a step that is due. */
export async function moveParcel(
  warehouse: Warehouse,
  { orderId, step }: { readonly orderId: string; readonly step: Step },
): Promise<void> {
  const { tx, platform } = warehouse
  const now = new Date(platform.now())
  const moved = await tx
    .updateTable('parcels')
    .set({ status: step, moved_at: now })
    .where('order_id', '=', orderId)
    .where('status', '=', before(step))
    .returning('tracking_code')
    .executeTakeFirst()
  // A step is taken once, also when somebody publishes by hand that it is due.
  if (moved === undefined) return
  const trackingCode = moved.tracking_code
  await tx.publish(shipping.events.moved, { orderId, status: step, trackingCode, at: now.toISOString() })
  await planNext(warehouse, orderId, step)
}

/** A parcel that has not moved for so much longer than a step takes, or will have moved in the future, has met a wrong clock. */
const lateMs = 60_000

/** Says that the next step is due, for parcels that a wrong clock keeps waiting. */
export async function moveLate({ tx, platform, stepMs }: Warehouse): Promise<void> {
  const now = platform.now()
  const late = await tx
    .selectFrom('parcels')
    .select(['order_id', 'status'])
    .where('status', '!=', 'delivered')
    .where((parcel) =>
      parcel.or([
        parcel('moved_at', '<', new Date(now - stepMs - lateMs)),
        parcel('moved_at', '>', new Date(now + lateMs)),
      ]),
    )
    .orderBy('number')
    .limit(lateAtOnce)
    .execute()
  for (const { order_id: orderId, status } of late) {
    const step = next[status]
    if (step !== undefined) await tx.publish(shipping.events.stepDue, { orderId, step })
  }
}

async function planNext({ tx, platform, stepMs }: Warehouse, orderId: string, reached: ParcelStatus): Promise<void> {
  const step = next[reached]
  if (step !== undefined) await tx.publish(shipping.events.stepDue, { orderId, step }, { at: platform.now() + stepMs })
}

function before(step: Step): ParcelStatus {
  return ({ packed: 'packing', shipped: 'packed', delivered: 'shipped' } as const)[step]
}
