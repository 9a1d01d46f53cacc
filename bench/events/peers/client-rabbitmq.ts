// RabbitMQ through rabbitmq-client: a quorum queue, publisher confirms, an acknowledgement for each message.
import { Connection, type ConsumerProps } from 'rabbitmq-client'

import type { EventsPeer, Order, Setup } from '../order.ts'

const queueOf = ({ name }: Setup): string => `${name}.orders.placed`

export const peer: EventsPeer = {
  produce: (setup) => {
    const publisher = new Connection(setup.broker).createPublisher({ confirm: true })
    const envelope = { routingKey: queueOf(setup), durable: true }
    return Promise.resolve({
      publish: async (order, committing) => {
        committing()
        await publisher.send(envelope, order)
      },
    })
  },
  consume: async (setup, applied) => {
    const connection = new Connection(setup.broker)
    const options: ConsumerProps = {
      queue: queueOf(setup),
      queueOptions: { durable: true, arguments: { 'x-queue-type': 'quorum' } },
      qos: { prefetchCount: 500 },
    }
    const consumer = connection.createConsumer(options, (message) => {
      const { n } = message.body as Order
      applied(n)
    })
    await new Promise<void>((resolve) => consumer.once('ready', resolve))
  },
}
