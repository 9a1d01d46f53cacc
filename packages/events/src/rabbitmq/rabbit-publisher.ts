import { isServiceError } from '@holon/contract'
import { AMQPChannelError } from 'rabbitmq-client'

import { WriteOrder } from '../broker/write-order.ts'
import type { BusMessage } from '../bus.ts'
import { amqpBinary, packAttributes } from '../partitions/binary-mode.ts'
import { partitionOf } from '../partitions/partition-of.ts'
import { unavailable } from '../unavailable.ts'
import type { ConfirmedChannel, Outgoing } from './confirmed-channel.ts'
import type { RabbitSession } from './rabbit-session.ts'
import { eventHeaders } from './stream-message.ts'

/** A batch that was written. */
interface Sent {
  readonly publisher: ConfirmedChannel
  readonly stored: Promise<void>
}

/** Publishes on one channel, with the confirms of many batches under way at a time. */
export class RabbitPublisher {
  readonly #session: RabbitSession
  readonly #order = new WriteOrder()
  #publisher: ConfirmedChannel | undefined

  constructor(session: RabbitSession) {
    this.#session = session
  }

  async publish(messages: readonly BusMessage[]): Promise<void> {
    const { platform, timeoutMs } = this.#session
    const untilMs = platform.monotonicMs() + timeoutMs
    let publisher: ConfirmedChannel | undefined
    try {
      const written = await this.#order.write(() => {
        // While the server is silent each turn takes as long: many that wait must not add up.
        if (platform.monotonicMs() > untilMs) throw unavailable(`RabbitMQ did not answer within ${timeoutMs} ms`)
        return this.#send(messages)
      })
      ;({ publisher } = written)
      await this.#session.within(written.stored)
    } catch (error) {
      // Whoever publishes next waits for that; this caller has waited for as long as it may.
      this.#order.holdUp(this.#startAnew(publisher, error))
      if (isServiceError(error)) throw error
      throw unavailable('RabbitMQ did not store all messages', error)
    }
  }

  /** Resolves when nothing is being written. */
  idle(): Promise<void> {
    return this.#order.idle()
  }

  async #send(messages: readonly BusMessage[]): Promise<Sent> {
    const session = this.#session
    session.assertTaking()
    if (!session.ready) throw unavailable('RabbitMQ cannot be reached')
    for (const topic of new Set(messages.map(({ topic }) => topic))) await session.topics.get(topic)
    this.#publisher ??= await this.#open()
    const publisher = this.#publisher
    if (!publisher.active) {
      this.#publisher = undefined
      throw unavailable('RabbitMQ has closed the channel')
    }
    return { publisher, stored: publisher.publish(messages.map((message) => outgoing(session, message))) }
  }

  /** What a message needs on the server is looked at anew when it came back. */
  async #open(): Promise<ConfirmedChannel> {
    const session = this.#session
    const onReturned = (routingKey: string): void => session.topics.forget(session.topicOf(routingKey))
    return session.confirmed(await session.acquire(), onReturned)
  }

  /** Without knowing what was stored, the rest of this channel's messages must not come after what is published again. */
  async #startAnew(publisher: ConfirmedChannel | undefined, error: unknown): Promise<void> {
    if (publisher === this.#publisher) this.#publisher = undefined
    if (error instanceof AMQPChannelError && error.code === 'NOT_FOUND') this.#session.topics.forgetAll()
    await this.#session.drop(publisher?.channel)
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
