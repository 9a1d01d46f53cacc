import { brokerBus } from '../broker/broker-bus.ts'
import type { Bus } from '../bus.ts'
import { ControlLog } from './control-log.ts'
import { KafkaPublisher } from './kafka-publisher.ts'
import { type KafkaOptions, KafkaSession } from './kafka-session.ts'
import { KafkaSubscription } from './kafka-subscription.ts'

/**
 * A bus on Kafka, 3.9 and 4. It connects when it is first used, and comes back by itself when a connection is lost;
 * meanwhile `publish` rejects with `unavailable`.
 *
 * @example
 * import { kafkaBus } from '@holon/events/kafka-bus'
 *
 * const bus = kafkaBus({ platform: ctx.platform, brokers: ['127.0.0.1:9092'] })
 */
export function kafkaBus(options: KafkaOptions): Bus {
  return brokerBus(options, {
    name: 'Kafka',
    // Its clients connect by themselves, each when it has something to ask.
    open: async () => {
      const session = new KafkaSession(options)
      const publisher = new KafkaPublisher(session)
      let control: ControlLog | undefined
      return {
        publish: (messages) => publisher.publish(messages),
        join: (joining) => {
          control ??= new ControlLog(session)
          return KafkaSubscription.open({ ...joining, session, control })
        },
        close: async () => {
          await publisher.close()
          await control?.close()
          await session.close()
        },
      }
    },
  })
}
