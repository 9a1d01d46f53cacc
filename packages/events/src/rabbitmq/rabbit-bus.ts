import { brokerBus } from '../broker/broker-bus.ts'
import type { Bus } from '../bus.ts'
import { RabbitPublisher } from './rabbit-publisher.ts'
import { type RabbitOptions, RabbitSession } from './rabbit-session.ts'
import { RabbitSubscription } from './rabbit-subscription.ts'

/**
 * A bus on RabbitMQ, from 3.10 upward, without plugins: events in streams, the state of subscriptions in quorum queues.
 * It connects when it is first used, and comes back by itself when the connection is lost; meanwhile `publish` rejects
 * with `unavailable`.
 *
 * @example
 * import { rabbitmqBus } from '@holon/events/rabbitmq-bus'
 *
 * const bus = rabbitmqBus({ platform: ctx.platform, url: 'amqp://guest:guest@127.0.0.1:5672' })
 */
export function rabbitmqBus(options: RabbitOptions): Bus {
  const { platform } = options
  return brokerBus(options, {
    name: 'RabbitMQ',
    open: async () => {
      const session = await RabbitSession.open(options)
      const publisher = new RabbitPublisher(session)
      return {
        publish: (messages) => publisher.publish(messages),
        join: (joining) => RabbitSubscription.open({ ...joining, session, platform }),
        close: async () => {
          await publisher.idle()
          session.close()
        },
      }
    },
  })
}
