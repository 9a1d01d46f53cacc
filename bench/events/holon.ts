import { type AppDefinition, defineApp, defineService, type ServiceDefinition } from '@holon/app'
// Holon: an order is placed by calling an operation; shipping subscribes.
import { command, defineContract, event } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { postgres } from '@holon/data/postgres'
import { type BusDefinition, embedded } from '@holon/events'
import { nodeNetwork } from '@holon/rpc/node-network'
import { type Instance, startInstance } from '@holon/runtime'
import { z } from 'zod'

import type { BrokerName } from '../../tests/support/broker-names.ts'
import { busSecret } from '../../tests/support/bus-instance.ts'
import { type EventsPeer, type Order, poolSize, type Setup } from './order.ts'

export type BusKind = 'embedded' | BrokerName

const Order = z.object({ n: z.int(), orderId: z.string(), customerId: z.string(), totalCents: z.int() })

const orders = defineContract('orders', {
  operations: { place: command({ input: Order, auth: 'none' }) },
  events: { placed: event({ key: 'customerId', data: Order }) },
})
const shipping = defineContract('shipping', { operations: {} })

interface OrdersDb {
  orders: { n: number; order_id: string; customer_id: string; total_cents: number }
}
interface ShippingDb {
  shipments: { n: number; order_id: string }
}

/** What to do when an order's transaction is about to commit, by its number. */
const committing = new Map<number, () => void>()
function commits(n: number): void {
  committing.get(n)?.()
  committing.delete(n)
}
/** Orders in the hands of shipping's handler, by the id of the event. */
const handled = new Map<string, number>()

const transactionalOrders: ServiceDefinition = defineService(orders, {
  store: postgres<OrdersDb>({ maxConnections: poolSize }),
  operations: {
    place: async (order, ctx) => {
      await ctx.store.transaction(async (tx) => {
        const { n, orderId, customerId, totalCents } = order
        const row = { n, order_id: orderId, customer_id: customerId, total_cents: totalCents }
        await tx.insertInto('orders').values(row).execute()
        await tx.publish(orders.events.placed, order)
        commits(n)
      })
    },
  },
})

const transactionalShipping: ServiceDefinition = defineService(shipping, {
  store: postgres<ShippingDb>({ maxConnections: poolSize }),
  operations: {},
  subscriptions: (on) => [
    on(orders.events.placed, async ({ n, orderId }, ctx) => {
      handled.set(ctx.event.id, n)
      await ctx.tx.insertInto('shipments').values({ n, order_id: orderId }).execute()
    }),
  ],
})

const plainOrders: ServiceDefinition = defineService(orders, {
  operations: {
    place: async (order, ctx) => {
      commits(order.n)
      await ctx.publish(orders.events.placed, order)
    },
  },
})

const plainShipping: ServiceDefinition = defineService(shipping, {
  operations: {},
  subscriptions: (on) => [
    on(orders.events.placed, ({ n }, ctx) => {
      handled.set(ctx.event.id, n)
    }),
  ],
})

async function busOf(kind: BusKind, { broker = '', name }: Setup): Promise<BusDefinition> {
  if (kind === 'embedded') return embedded()
  const { busOn } = await import('../../tests/support/brokers.ts')
  return busOn(kind, { url: broker, prefix: name })
}

interface Start {
  readonly kind: BusKind
  readonly setup: Setup
  readonly service: keyof Services
  readonly services: Services
  readonly applied?: (n: number) => void
}

async function start({ kind, setup, service, services, applied }: Start): Promise<Instance> {
  const app: AppDefinition = defineApp({
    name: 'bench',
    services: {
      orders: () => Promise.resolve({ default: services.orders }),
      shipping: () => Promise.resolve({ default: services.shipping }),
    },
    bus: await busOf(kind, setup),
  })
  const { databases, broker = '' } = setup
  return startInstance({
    app,
    services: [service],
    instance: `${service}-1`,
    platform: systemPlatform(),
    network: nodeNetwork(),
    observer: {
      observe: (observation) => {
        if (observation.kind === 'fault') console.error(observation.subject, observation.error)
        if (observation.kind !== 'event-handled' || observation.outcome !== 'applied') return
        const n = handled.get(observation.messageId)
        handled.delete(observation.messageId)
        if (n !== undefined) applied?.(n)
      },
    },
    environment: {},
    provision: () => Promise.resolve((service === 'orders' ? databases?.producer : databases?.consumer) ?? ''),
    callers: [{ name: 'bench', uses: ['orders'] }],
    listen: undefined,
    linkSecret: busSecret,
    placeOwn: () => Promise.resolve('elsewhere'),
    watchPeers: (changed) => {
      const listed = [{ name: 'holon-bus', fingerprint: '', uses: [] }]
      if (kind === 'embedded') changed([{ instance: 'bus-1', address: { path: broker }, services: listed }])
    },
  })
}

interface Services {
  readonly orders: ServiceDefinition
  readonly shipping: ServiceDefinition
}

function peerOf(kind: BusKind, services: Services): EventsPeer {
  return {
    produce: async (setup) => {
      const instance = await start({ kind, setup, service: 'orders', services })
      const invoker = instance.invoker('bench')
      return {
        publish: async (order: Order, aboutToCommit) => {
          committing.set(order.n, aboutToCommit)
          await invoker.call(orders.operations.place, order)
        },
      }
    },
    consume: async (setup, applied) => {
      await start({ kind, setup, service: 'shipping', services, applied })
    },
  }
}

/** Outbox and inbox on Postgres. */
export function withStore(kind: BusKind): EventsPeer {
  return peerOf(kind, { orders: transactionalOrders, shipping: transactionalShipping })
}

/** `ctx.publish`, and a handler without a store. */
export function withoutStore(kind: BusKind): EventsPeer {
  return peerOf(kind, { orders: plainOrders, shipping: plainShipping })
}
