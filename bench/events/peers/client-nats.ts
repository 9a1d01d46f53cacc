// NATS JetStream through its own client: one stream; publications await the acknowledgement, a durable pull consumer
// acknowledges each message.
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'

import type { EventsPeer, Order, Setup } from '../order.ts'

const subjectOf = ({ name }: Setup): string => `${name}.orders.placed`

export const peer: EventsPeer = {
  produce: async (setup) => {
    const streams = jetstream(await connect({ servers: setup.broker ?? '' }))
    const subject = subjectOf(setup)
    return {
      publish: async (order, committing) => {
        committing()
        await streams.publish(subject, JSON.stringify(order))
      },
    }
  },
  consume: async (setup, applied) => {
    const connection = await connect({ servers: setup.broker ?? '' })
    const manager = await jetstreamManager(connection)
    await manager.streams.add({ name: setup.name, subjects: [subjectOf(setup)] })
    await manager.consumers.add(setup.name, { durable_name: 'shipping', ack_policy: AckPolicy.Explicit })
    const consumer = await jetstream(connection).consumers.get(setup.name, 'shipping')
    const messages = await consumer.consume({ max_messages: 1000 })
    void (async () => {
      for await (const message of messages) {
        const { n } = message.json<Order>()
        message.ack()
        applied(n)
      }
    })()
  },
}
