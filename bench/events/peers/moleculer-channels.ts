// moleculer-channels on NATS JetStream: broker.sendToChannel, and a channel handler in another node.
import Channels from '@moleculer/channels'
import { type ServiceSchema, ServiceBroker } from 'moleculer'

import type { EventsPeer, Order, Setup } from '../order.ts'

const channelOf = ({ name }: Setup): string => `${name}_orders_placed`

function brokerOf({ broker: url = '' }: Setup): ServiceBroker {
  // Its types ask for every option that its documentation lets one leave out.
  const options = { adapter: { type: 'NATS', options: { nats: { url } } } } as Parameters<typeof Channels.Middleware>[0]
  return new ServiceBroker({ logger: false, middlewares: [Channels.Middleware(options)] })
}

/** What the middleware adds to a broker. */
type WithChannels = ServiceBroker & { sendToChannel(name: string, payload: unknown): Promise<void> }

export const peer: EventsPeer = {
  produce: async (setup) => {
    const broker = brokerOf(setup) as WithChannels
    await broker.start()
    return {
      publish: async (order, committing) => {
        committing()
        await broker.sendToChannel(channelOf(setup), order)
      },
    }
  },
  consume: async (setup, applied) => {
    const broker = brokerOf(setup)
    const shipping = {
      name: 'shipping',
      channels: {
        [channelOf(setup)]: {
          group: 'shipping',
          maxInFlight: 500,
          handler: (order: Order) => applied(order.n),
        },
      },
    }
    broker.createService(shipping as ServiceSchema)
    await broker.start()
  },
}
