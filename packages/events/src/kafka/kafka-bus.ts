import { isServiceError, ServiceError } from '@holon/contract'
import { compatibilityPartitioner, Producer } from '@platformatic/kafka'

import type { Bus, BusMessage, BusSubscription, Delivery, SubscribeOptions } from '../bus.ts'
import { kafkaBinary, packAttributes } from '../partitions/binary-mode.ts'
import { ControlLog } from './control-log.ts'
import { type KafkaOptions, KafkaSession, unavailable } from './kafka-session.ts'
import { KafkaSubscription } from './kafka-subscription.ts'

/**
 * A bus on Kafka, 3.9 and 4. It connects when it is first used, and comes back by itself when a connection is lost;
 * meanwhile `publish` rejects with `unavailable`.
 *
 * @example
 * const bus = kafkaBus({ platform, brokers: ['127.0.0.1:9092'] })
 */
export function kafkaBus(options: KafkaOptions): Bus {
  return new KafkaBus(options)
}

interface Batch {
  readonly messages: BusMessage[]
  readonly done: PromiseWithResolvers<void>
}

/** How many messages go into one request. */
const largestBatch = 5000

class KafkaBus implements Bus {
  readonly #session: KafkaSession
  readonly #open = new Set<BusSubscription>()
  #control: ControlLog | undefined
  #producer: Producer | undefined
  #waiting: Batch | undefined
  #busy = false
  #sending: Promise<void> | undefined
  #closed: Promise<void> | undefined

  constructor(options: KafkaOptions) {
    this.#session = new KafkaSession(options)
  }

  publish(messages: readonly BusMessage[]): Promise<void> {
    if (this.#closed) return Promise.reject(closedError())
    if (messages.length === 0) return Promise.resolve()
    this.#waiting ??= { messages: [], done: Promise.withResolvers() }
    this.#waiting.messages.push(...messages)
    const { promise } = this.#waiting.done
    if (!this.#busy) this.#sending = this.#sendAll()
    return promise
  }

  async subscribe(options: SubscribeOptions, deliver: (delivery: Delivery) => void): Promise<BusSubscription> {
    if (this.#closed) throw closedError()
    this.#control ??= new ControlLog(this.#session)
    try {
      const subscription = await KafkaSubscription.open({
        ...options,
        session: this.#session,
        control: this.#control,
        deliver,
      })
      this.#open.add(subscription)
      return subscription
    } catch (error) {
      if (isServiceError(error) && error.code !== 'unavailable') throw error
      throw unavailable(`Kafka cannot serve the subscription '${options.subscription}'`, error)
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  /** One request at a time, with all that waits: this keeps the order, and makes large requests under load. */
  async #sendAll(): Promise<void> {
    this.#busy = true
    for (let batch = this.#takeWaiting(); batch !== undefined; batch = this.#takeWaiting()) {
      try {
        for (let from = 0; from < batch.messages.length; from += largestBatch) {
          await this.#send(batch.messages.slice(from, from + largestBatch))
        }
        batch.done.resolve()
      } catch (error) {
        const failure = isServiceError(error) ? error : unavailable('Kafka did not store all messages', error)
        for (const { topic } of batch.messages) this.#session.forgetTopic(topic)
        // What came later must not be stored before what failed, which is published again.
        const later = this.#takeWaiting()
        await this.#dropProducer()
        batch.done.reject(failure)
        later?.done.reject(failure)
      }
    }
    // In the same turn as the look that found nothing: who publishes next begins anew.
    this.#busy = false
  }

  #takeWaiting(): Batch | undefined {
    const waiting = this.#waiting
    this.#waiting = undefined
    return waiting
  }

  async #send(messages: readonly BusMessage[]): Promise<void> {
    for (const topic of new Set(messages.map(({ topic }) => topic))) {
      await this.#session.within(this.#session.topic(topic))
    }
    this.#producer ??= this.#newProducer()
    const records = messages.map((message) => ({
      topic: message.topic,
      key: Buffer.from(message.key),
      value: Buffer.from(message.body),
      timestamp: BigInt(Math.trunc(message.timeMs)),
      headers: new Map(
        Object.entries(packAttributes(message, kafkaBinary).headers).map(([name, value]) => [
          Buffer.from(name),
          Buffer.from(value),
        ]),
      ),
    }))
    await this.#session.within(this.#producer.send({ messages: records }), this.#session.timeoutMs * 2)
  }

  #newProducer(): Producer {
    // The partitioner of the Java client, so that foreign producers agree on a key's partition.
    const producer = new Producer({ ...this.#session.clientOptions(), acks: -1, partitioner: compatibilityPartitioner })
    producer.on('error', () => undefined)
    return producer
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    if (producer !== undefined) await this.#session.within(producer.close()).catch(() => undefined)
  }

  async #close(): Promise<void> {
    await this.#sending
    await Promise.allSettled([...this.#open].map((subscription) => subscription.close()))
    await this.#dropProducer()
    await this.#control?.close()
    await this.#session.close()
  }
}

function closedError(): ServiceError {
  return new ServiceError('unavailable', 'The bus is closed.', { mayHaveRun: false })
}
