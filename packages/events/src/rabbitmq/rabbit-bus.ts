import { isServiceError, randomId } from '@holon/contract'
import { AMQPChannelError } from 'rabbitmq-client'

import type { Bus, BusMessage, BusSubscription, Delivery, SubscribeOptions } from '../bus.ts'
import { amqpBinary, packAttributes } from '../partitions/binary-mode.ts'
import { partitionOf } from '../partitions/partition-of.ts'
import { busClosed, unavailable } from '../unavailable.ts'
import type { ConfirmedChannel, Outgoing } from './confirmed-channel.ts'
import { defaultTimeoutMs, type RabbitOptions, RabbitSession } from './rabbit-session.ts'
import { RabbitSubscription } from './rabbit-subscription.ts'
import { eventHeaders } from './stream-message.ts'

/**
 * A bus on RabbitMQ, from 3.10 upward, without plugins: events in streams, the state of subscriptions in quorum queues.
 * It connects when it is first used, and comes back by itself when the connection is lost; meanwhile `publish` rejects
 * with `unavailable`.
 *
 * @example
 * import { rabbitmqBus } from '@holon/events/rabbitmq-bus'
 *
 * export const bus = rabbitmqBus({ platform: ctx.platform, url: 'amqp://guest:guest@127.0.0.1:5672' })
 */
export function rabbitmqBus(options: RabbitOptions): Bus {
  return new RabbitBus(options)
}

/** A batch that was written. */
interface Sent {
  readonly session: RabbitSession
  readonly publisher: ConfirmedChannel
  readonly stored: Promise<void>
}

class RabbitBus implements Bus {
  readonly #options: RabbitOptions
  readonly #open = new Set<BusSubscription>()
  #session: Promise<RabbitSession> | undefined
  #publisher: ConfirmedChannel | undefined
  #sending: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(options: RabbitOptions) {
    this.#options = options
  }

  async publish(messages: readonly BusMessage[]): Promise<void> {
    this.#assertOpen()
    if (messages.length === 0) return
    // One after the other until the messages are written, so that batches keep their order; confirms are waited for together.
    const { platform, timeoutMs = defaultTimeoutMs } = this.#options
    const untilMs = platform.monotonicMs() + timeoutMs
    const sent = this.#sending.then(() => {
      // While the server is silent each turn takes as long: many that wait must not add up.
      if (platform.monotonicMs() > untilMs) throw unavailable(`RabbitMQ did not answer within ${timeoutMs} ms`)
      return this.#send(messages)
    })
    this.#sending = sent.catch(() => undefined)
    let publisher: ConfirmedChannel | undefined
    try {
      const written = await sent
      ;({ publisher } = written)
      await written.session.within(written.stored)
    } catch (error) {
      // Whoever publishes next waits for that; this caller has waited for as long as it may.
      this.#sending = Promise.all([this.#sending, this.#startAnew(publisher, error)])
      if (isServiceError(error)) throw error
      throw unavailable('RabbitMQ did not store all messages', error)
    }
  }

  async subscribe(options: SubscribeOptions, deliver: (delivery: Delivery) => void): Promise<BusSubscription> {
    this.#assertOpen()
    try {
      const session = await this.#connect()
      const { platform } = this.#options
      const self = randomId(platform, 9)
      const subscription = await RabbitSubscription.open({ ...options, session, platform, self, deliver })
      this.#open.add(subscription)
      return subscription
    } catch (error) {
      if (isServiceError(error) && error.code !== 'unavailable') throw error
      throw unavailable(`RabbitMQ cannot serve the subscription '${options.subscription}'`, error)
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #send(messages: readonly BusMessage[]): Promise<Sent> {
    const session = await this.#connect()
    session.assertTaking()
    if (!session.ready) throw unavailable('RabbitMQ cannot be reached')
    for (const topic of new Set(messages.map(({ topic }) => topic))) await session.topic(topic)
    this.#publisher ??= await this.#openPublisher(session)
    const publisher = this.#publisher
    if (!publisher.active) {
      this.#publisher = undefined
      throw unavailable('RabbitMQ has closed the channel')
    }
    return { session, publisher, stored: publisher.publish(messages.map((message) => outgoing(session, message))) }
  }

  /** What a message needs on the server is looked at anew when it came back. */
  async #openPublisher(session: RabbitSession): Promise<ConfirmedChannel> {
    const onReturned = (routingKey: string): void => session.forgetTopic(session.topicOf(routingKey))
    return session.confirmed(await session.acquire(), onReturned)
  }

  #connect(): Promise<RabbitSession> {
    if (this.#session === undefined) {
      this.#session = RabbitSession.open(this.#options).catch((error: unknown) => {
        this.#session = undefined
        throw unavailable('RabbitMQ cannot be reached', error)
      })
    }
    return this.#session
  }

  /** Without knowing what was stored, the rest of this channel's messages must not come after what is published again. */
  async #startAnew(publisher: ConfirmedChannel | undefined, error: unknown): Promise<void> {
    if (publisher === this.#publisher) this.#publisher = undefined
    const session = await this.#session?.catch(() => undefined)
    if (error instanceof AMQPChannelError && error.code === 'NOT_FOUND') session?.forgetTopics()
    await session?.drop(publisher?.channel)
  }

  #assertOpen(): void {
    if (this.#closed) throw busClosed()
  }

  async #close(): Promise<void> {
    await this.#sending
    await Promise.allSettled([...this.#open].map((subscription) => subscription.close()))
    const session = await this.#session?.catch(() => undefined)
    session?.close()
  }
}

function outgoing(session: RabbitSession, message: BusMessage): Outgoing {
  const { headers, contentType } = packAttributes(message, amqpBinary)
  const envelope = {
    exchange: session.eventExchange,
    routingKey: session.routingKey(message.topic, partitionOf(message.key, session.partitions)),
    durable: true,
    mandatory: true,
    messageId: message.id,
    contentType,
    // Keeps Holon's client from parsing what it would have to print again.
    contentEncoding: 'utf-8',
    headers: { ...headers, ...eventHeaders(message.timeMs) },
  } as const
  return { envelope, body: Buffer.from(message.body) }
}
