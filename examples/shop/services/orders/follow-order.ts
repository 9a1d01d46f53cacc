import { delay, type Platform, ServiceError } from 'holon'
import type { Queries } from 'holon/postgres'

import { OrderStatus, type OrderStep } from './contract.ts'
import { isOver } from './order.ts'
import type { OrdersDb } from './orders-db.ts'

/**
 * Looked up by key, and only while somebody looks at the page of an order that is on its way. An event would reach one
 * replica of this service, and the page may hang on another.
 */
const lookEveryMs = 400

export interface FollowScope {
  readonly store: Queries<OrdersDb>
  readonly platform: Platform
  /** The reader is gone. */
  readonly signal: AbortSignal
  readonly stopping: AbortSignal
}

/** The steps of an order: those so far, then each further one, until it is over. */
export async function* followOrder(
  { store, platform, signal, stopping }: FollowScope,
  id: string,
): AsyncGenerator<OrderStep, void, void> {
  const ended = AbortSignal.any([signal, stopping])
  for (let told = 0; ;) {
    const steps = await stepsOf(store, id)
    for (const step of steps.slice(told)) yield step
    told = steps.length
    const last = steps.at(-1)
    if (last !== undefined && isOver(last.status)) return
    await delay(platform, lookEveryMs, ended).catch(() => {})
    signal.throwIfAborted()
    if (stopping.aborted) throw new ServiceError('unavailable', 'The service is stopping; follow the order anew.')
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
