import { delay, type HandlerContext, ServiceError } from 'holon'
import type { Queries } from 'holon/postgres'

import { shipping } from '../shipping/contract.ts'
import { orders, OrderStatus, type OrderStep } from './contract.ts'
import { isOver } from './order.ts'
import type { OrdersDb } from './orders-db.ts'

/** After these an order may have a step more. */
const changes = [orders.events.paid, orders.events.cancelled, shipping.events.moved]
/** Events are not kept for who follows them: what was missed while the bus was away is found so much later. */
const lookAgainMs = 10_000

export type FollowScope = Pick<HandlerContext, 'follow' | 'handled' | 'platform' | 'signal' | 'stopping'> & {
  readonly store: Queries<OrdersDb>
}

/** The steps of an order: those so far, then each further one, until it is over. */
export async function* followOrder(scope: FollowScope, id: string): AsyncGenerator<OrderStep, void, void> {
  const { store, platform, signal, stopping } = scope
  let bell: Bell | undefined
  try {
    for (let told = 0; ;) {
      bell?.reset()
      const steps = await stepsOf(store, id)
      for (const step of steps.slice(told)) yield step
      told = steps.length
      const last = steps.at(-1)
      if (last !== undefined && isOver(last.status)) return
      const rings = bell !== undefined
      // While the bus is away it is looked at now and then.
      bell ??= await bellOf(scope, id).catch(() => undefined)
      const ends = bell === undefined ? [signal, stopping] : [bell.rung, signal, stopping]
      // One that is new may have missed what happened before: look at once.
      if (rings || bell === undefined) await delay(platform, lookAgainMs, AbortSignal.any(ends)).catch(() => {})
      signal.throwIfAborted()
      if (stopping.aborted) throw new ServiceError('unavailable', 'The service is stopping; follow the order anew.')
    }
  } finally {
    await bell?.remove()
  }
}

/** Rings when the order has changed. */
interface Bell {
  readonly rung: AbortSignal
  /** Call it before looking: what happens from then on rings again. */
  reset(): void
  remove(): Promise<void>
}

async function bellOf({ follow, handled }: FollowScope, id: string): Promise<Bell> {
  const followed = await follow(changes, { key: id })
  let ring = new AbortController()
  const listen = async (): Promise<void> => {
    for await (const { type, id: eventId } of followed) {
      // This service itself makes a step of it, in whichever replica. Where it does not, the next look finds out.
      if (type === shipping.events.moved.id) await handled(shipping.events.moved, eventId).catch(() => false)
      ring.abort()
    }
  }
  // Without it the order is looked at now and then.
  listen().catch(() => {})
  return {
    get rung() {
      return ring.signal
    },
    reset: () => (ring = new AbortController()),
    remove: async () => void (await followed.return()),
  }
}

async function stepsOf(store: Queries<OrdersDb>, id: string): Promise<OrderStep[]> {
  const rows = await store
    .selectFrom('order_steps')
    .innerJoin('orders', 'orders.id', 'order_steps.order_id')
    .select(['order_steps.status', 'at', 'tracking_code'])
    .where('order_id', '=', id)
    .execute()
  const hasParcel: readonly OrderStatus[] = ['packed', 'shipped', 'delivered']
  return rows
    .toSorted((a, b) => rankOf(a.status) - rankOf(b.status))
    .map(({ status, at, tracking_code }) => ({
      status,
      at: at.toISOString(),
      trackingCode: hasParcel.includes(status) ? tracking_code : null,
    }))
}

function rankOf(status: OrderStatus): number {
  return OrderStatus.options.indexOf(status)
}
