import { brokerBus } from '../broker/broker-bus.ts'
import type { Bus } from '../bus.ts'
import { NatsPublisher } from './nats-publisher.ts'
import { type NatsOptions, NatsSession } from './nats-session.ts'
import { NatsSubscription } from './nats-subscription.ts'

/**
 * A bus on NATS JetStream, from server 2.9 upward. It connects when it is first used, and comes back by itself when
 * the connection is lost; meanwhile `publish` rejects with `unavailable`.
 *
 * @example
 * import { natsBus } from '@holon/events/nats-bus'
 *
 * const bus = natsBus({ platform: ctx.platform, url: 'nats://127.0.0.1:4222' })
 */
export function natsBus(options: NatsOptions): Bus {
  const { platform, url } = options
  return brokerBus(options, {
    name: 'NATS',
    at: [url].flat().map(withoutCredentials).join(', '),
    open: async () => {
      const session = await NatsSession.open(options)
      const publisher = new NatsPublisher(session)
      return {
        publish: (messages) => publisher.publish(messages),
        join: (joining) => NatsSubscription.open({ ...joining, session, platform }),
        close: async () => {
          await publisher.idle()
          await session.close()
        },
      }
    },
  })
}

function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:\/\/)?.*@/, '$1')
}
