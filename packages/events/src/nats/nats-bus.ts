import { isServiceError, ServiceError } from '@holon/contract'
import { headers } from '@nats-io/transport-node'

import type { Bus, BusMessage, BusSubscription, Delivery, SubscribeOptions } from '../bus.ts'
import { natsBinary, packAttributes } from '../partitions/binary-mode.ts'
import { partitionOf } from '../partitions/partition-of.ts'
import { type NatsOptions, NatsSession, type Topic } from './nats-session.ts'
import { NatsSubscription } from './nats-subscription.ts'

/**
 * A bus on NATS JetStream, from server 2.9 upward. It connects when it is first used, and comes back by itself when
 * the connection is lost; meanwhile `publish` rejects with `unavailable`.
 *
 * @example
 * const bus = natsBus({ platform, url: 'nats://127.0.0.1:4222' })
 */
export function natsBus(options: NatsOptions): Bus {
  return new NatsBus(options)
}

class NatsBus implements Bus {
  readonly #options: NatsOptions
  readonly #open = new Set<BusSubscription>()
  #session: Promise<NatsSession> | undefined
  #sending: Promise<unknown> = Promise.resolve()
  #closed: Promise<void> | undefined

  constructor(options: NatsOptions) {
    this.#options = options
  }

  async publish(messages: readonly BusMessage[]): Promise<void> {
    this.#assertOpen()
    if (messages.length === 0) return
    // One after the other until the messages are written, so that batches keep their order; answers are waited for together.
    const sent = this.#sending.then(() => this.#send(messages))
    this.#sending = sent.catch(() => undefined)
    const { answers } = await sent
    const results = await Promise.allSettled(answers)
    const failed = results.find((result) => result.status === 'rejected')
    if (failed === undefined) return
    const session = await this.#connect()
    for (const { topic } of messages) session.forgetTopic(topic)
    throw unavailable('NATS did not store all messages', failed.reason)
  }

  async subscribe(options: SubscribeOptions, deliver: (delivery: Delivery) => void): Promise<BusSubscription> {
    this.#assertOpen()
    try {
      const session = await this.#connect()
      const { platform } = this.#options
      const self = Buffer.from(platform.randomBytes(9)).toString('base64url')
      const subscription = await NatsSubscription.open({ ...options, session, platform, self, deliver })
      this.#open.add(subscription)
      return subscription
    } catch (error) {
      if (isServiceError(error)) throw error
      throw unavailable(`NATS cannot serve the subscription '${options.subscription}'`, error)
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #send(messages: readonly BusMessage[]): Promise<{ readonly answers: readonly Promise<unknown>[] }> {
    const session = await this.#connect()
    if (!session.connected) throw unavailable('NATS cannot be reached')
    const names = [...new Set(messages.map(({ topic }) => topic))]
    const topics = new Map<string, Topic>()
    try {
      for (const name of names) topics.set(name, await session.topic(name))
    } catch (error) {
      if (isServiceError(error)) throw error
      throw unavailable('NATS cannot make a stream', error)
    }
    const answers = messages.map((message) => {
      const topic = topics.get(message.topic)
      if (topic === undefined) throw new Error(`Topic '${message.topic}' was not opened.`)
      const head = headers()
      for (const [name, value] of Object.entries(packAttributes(message, natsBinary).headers)) head.append(name, value)
      const subject = topic.subject(partitionOf(message.key, topic.partitions))
      return session.streams.publish(subject, message.body, { msgID: message.id, headers: head })
    })
    return { answers }
  }

  #connect(): Promise<NatsSession> {
    if (this.#session === undefined) {
      const opening = NatsSession.open(this.#options).catch((error: unknown) => {
        this.#session = undefined
        throw unavailable(`NATS cannot be reached at ${[this.#options.url].flat().join(', ')}`, error)
      })
      this.#session = opening
    }
    return this.#session
  }

  #assertOpen(): void {
    if (this.#closed) throw new ServiceError('unavailable', 'The bus is closed.', { mayHaveRun: false })
  }

  async #close(): Promise<void> {
    await this.#sending
    await Promise.allSettled([...this.#open].map((subscription) => subscription.close()))
    const session = await this.#session?.catch(() => undefined)
    await session?.close()
  }
}

function unavailable(what: string, cause?: unknown): ServiceError {
  const reason = cause instanceof Error ? `: ${cause.message}` : ''
  return new ServiceError('unavailable', `${what}${reason}.`, { cause })
}
