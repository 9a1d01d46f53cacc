import { isServiceError, ServiceError } from '@holon/contract'
import type { Channel } from 'rabbitmq-client'

import type { Bus, BusMessage, BusSubscription, Delivery, SubscribeOptions } from '../bus.ts'
import { amqpBinary, packAttributes } from '../partitions/binary-mode.ts'
import { partitionOf } from '../partitions/partition-of.ts'
import { type RabbitOptions, RabbitSession } from './rabbit-session.ts'
import { notServed, RabbitSubscription } from './rabbit-subscription.ts'

/**
 * A bus on RabbitMQ, from 3.10 upward, without plugins: events in streams, the state of subscriptions in quorum queues.
 * It connects when it is first used, and comes back by itself when the connection is lost; meanwhile `publish` rejects
 * with `unavailable`.
 *
 * @example
 * const bus = rabbitmqBus({ platform, url: 'amqp://guest:guest@127.0.0.1:5672' })
 */
export function rabbitmqBus(options: RabbitOptions): Bus {
  return new RabbitBus(options)
}

interface Publisher {
  readonly channel: Channel
  /** Ids of messages that no stream took. */
  readonly returned: Set<string>
}

class RabbitBus implements Bus {
  readonly #options: RabbitOptions
  readonly #open = new Set<BusSubscription>()
  #session: Promise<RabbitSession> | undefined
  #publisher: Publisher | undefined
  #sending: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(options: RabbitOptions) {
    this.#options = options
  }

  async publish(messages: readonly BusMessage[]): Promise<void> {
    this.#assertOpen()
    if (messages.length === 0) return
    // One after the other until the messages are written, so that batches keep their order; confirms are waited for together.
    const sent = this.#sending.then(() => this.#send(messages))
    this.#sending = sent.catch(() => undefined)
    try {
      const { session, publisher, confirms } = await sent
      const results = await session.within(Promise.allSettled(confirms))
      const failed = results.find((result) => result.status === 'rejected')
      if (failed) throw failed.reason
      const lost = messages.filter(({ id }) => publisher.returned.delete(id))
      for (const { topic } of lost) session.forgetTopic(topic)
      if (lost.length > 0) throw new Error(`no stream took ${lost.length} of ${messages.length} messages`)
    } catch (error) {
      // Without knowing what was stored, the rest of this channel's messages must not come after what is published again.
      await this.#dropPublisher()
      if (isServiceError(error)) throw error
      throw unavailable('RabbitMQ did not store all messages', error)
    }
  }

  async subscribe(options: SubscribeOptions, deliver: (delivery: Delivery) => void): Promise<BusSubscription> {
    this.#assertOpen()
    try {
      const session = await this.#connect()
      const { platform } = this.#options
      const self = Buffer.from(platform.randomBytes(9)).toString('base64url')
      const subscription = await RabbitSubscription.open({ ...options, session, platform, self, deliver })
      this.#open.add(subscription)
      return subscription
    } catch (error) {
      if (isServiceError(error) && error.code !== 'unavailable') throw error
      throw notServed(options.subscription, error)
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #send(messages: readonly BusMessage[]): Promise<{
    readonly session: RabbitSession
    readonly publisher: Publisher
    readonly confirms: readonly Promise<unknown>[]
  }> {
    const session = await this.#connect()
    if (!session.connection.ready) throw unavailable('RabbitMQ cannot be reached')
    for (const topic of new Set(messages.map(({ topic }) => topic))) await session.topic(topic)
    const publisher = (this.#publisher ??= await openPublisher(session))
    if (!publisher.channel.active) {
      this.#publisher = undefined
      throw unavailable('RabbitMQ has closed the channel')
    }
    const confirms = messages.map((message) => {
      const { headers, contentType } = packAttributes(message, amqpBinary)
      const envelope = {
        exchange: `${session.prefix}.events`,
        routingKey: session.routingKey(message.topic, partitionOf(message.key, session.partitions)),
        durable: true,
        mandatory: true,
        messageId: message.id,
        contentType,
        // Keeps Holon's client from parsing what it would have to print again.
        contentEncoding: 'utf-8',
        headers: { ...headers, ...session.headersFor(message.timeMs) },
      }
      return publisher.channel.basicPublish(envelope, Buffer.from(message.body))
    })
    return { session, publisher, confirms }
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

  async #dropPublisher(): Promise<void> {
    const publisher = this.#publisher
    this.#publisher = undefined
    const session = await this.#session?.catch(() => undefined)
    await session?.drop(publisher?.channel)
  }

  #assertOpen(): void {
    if (this.#closed) throw new ServiceError('unavailable', 'The bus is closed.', { mayHaveRun: false })
  }

  async #close(): Promise<void> {
    await this.#sending
    await Promise.allSettled([...this.#open].map((subscription) => subscription.close()))
    const session = await this.#session?.catch(() => undefined)
    session?.close()
  }
}

async function openPublisher(session: RabbitSession): Promise<Publisher> {
  const channel = await session.connection.acquire()
  await channel.confirmSelect()
  const returned = new Set<string>()
  channel.on('basic.return', ({ messageId }) => void returned.add(messageId ?? ''))
  return { channel, returned }
}

function unavailable(what: string, cause?: unknown): ServiceError {
  const reason = cause instanceof Error ? `: ${cause.message}` : ''
  return new ServiceError('unavailable', `${what}${reason}.`, { cause })
}
