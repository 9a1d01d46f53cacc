import { systemPlatform } from '@holon/contract/system-platform'
// The embedded bus alone, below services: messages as the relay publishes them, delivered and acknowledged.
import { type Bus, type BusMessage } from '@holon/events'
import { remoteBus } from '@holon/events/embedded'

import { startBusClient } from '../../tests/support/bus-instance.ts'
import type { EventsPeer, Order, Setup } from './order.ts'

async function connect({ broker = '' }: Setup): Promise<Bus> {
  const instance = await startBusClient(broker)
  return remoteBus({
    invoker: instance.invoker('holon-events'),
    platform: systemPlatform(),
    onError: (error) => console.error(error),
  })
}

const topic = 'orders.placed'

function messageOf(order: Order): BusMessage {
  const id = `01a1fbee-0000-7000-8000-${String(order.n).padStart(12, '0')}`
  const attributes = {
    specversion: '1.0',
    id,
    source: '/bench/orders',
    type: topic,
    subject: order.customerId,
    time: '2026-11-21T00:00:00.000Z',
    datacontenttype: 'application/json',
    dataschema: 'urn:holon:orders.placed:0123456789abcdef',
  }
  return { id, topic, key: order.customerId, attributes, body: JSON.stringify(order), timeMs: Date.now() }
}

export const embeddedBus: EventsPeer = {
  produce: async (setup) => {
    const bus = await connect(setup)
    return {
      publish: (order, committing) => {
        committing()
        return bus.publish([messageOf(order)])
      },
    }
  },
  consume: async (setup, applied) => {
    const bus = await connect(setup)
    await bus.subscribe({ subscription: 'shipping', topics: [topic], start: 'new', window: 1024 }, (delivery) => {
      const { n } = JSON.parse(delivery.message.body) as Order
      delivery.ack()
      applied(n)
    })
  },
}
