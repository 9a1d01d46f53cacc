import { inTime, messageOf, type Platform, randomId, ServiceError } from '@holon/contract'
import type { Channel, ConnectionOptions } from 'rabbitmq-client'

import { type BrokerOptions, brokerDefaults } from '../broker/broker-options.ts'
import { OpenedTopics } from '../broker/opened-topics.ts'
import { unavailable } from '../unavailable.ts'
import { ConfirmedChannel } from './confirmed-channel.ts'
import { RabbitConnections } from './rabbit-connections.ts'
import { RabbitStream } from './rabbit-stream.ts'
import { markHeaders } from './stream-message.ts'

/** Options of the bus on RabbitMQ. */
export interface RabbitOptions extends BrokerOptions {
  /** `amqp://user:password@host:port/vhost`. */
  readonly url: string
  /** Partitions of each topic: how many members can share a subscription. The same everywhere. Default 8. */
  readonly partitions?: number
  /** Hosts of a cluster, TLS and what else the client takes. */
  readonly connection?: Omit<ConnectionOptions, 'url'>
}

/** Connections that come back by themselves, with the exchanges and streams that Holon uses. */
export class RabbitSession {
  readonly prefix: string
  readonly partitions: number
  /** Topics whose streams are there. */
  readonly topics: OpenedTopics<void> = new OpenedTopics((name) => this.#openTopic(name))
  readonly #options: RabbitOptions
  readonly #connections: RabbitConnections

  private constructor(options: RabbitOptions) {
    const { url, prefix, partitions } = { ...brokerDefaults, ...options }
    this.#options = options
    this.prefix = prefix
    this.partitions = partitions
    this.#connections = new RabbitConnections({
      connectionName: prefix,
      heartbeat: 10,
      retryLow: 200,
      retryHigh: 2000,
      acquireTimeout: this.timeoutMs,
      ...options.connection,
      url,
    })
  }

  static async open(options: RabbitOptions): Promise<RabbitSession> {
    const session = new RabbitSession(options)
    try {
      await session.#connections.connect(session.timeoutMs)
      return session
    } catch (error) {
      session.close()
      throw error
    }
  }

  get platform(): Platform {
    return this.#options.platform
  }

  get timeoutMs(): number {
    return this.#options.timeoutMs ?? brokerDefaults.timeoutMs
  }

  /** Whether the server can be reached. */
  get ready(): boolean {
    return this.#connections.ready
  }

  /** Throws while the server takes nothing: what is written then waits in this process, and again with each attempt. */
  assertTaking(): void {
    const { blocked } = this.#connections
    if (blocked !== undefined) throw new ServiceError('unavailable', `RabbitMQ takes nothing now: ${blocked}.`)
  }

  get eventExchange(): string {
    return `${this.prefix}.events`
  }

  get memberExchange(): string {
    return `${this.prefix}.members`
  }

  /** Opens a channel; one that comes too late is closed. */
  async acquire(): Promise<Channel> {
    this.assertTaking()
    const opening = this.#connections.acquire()
    try {
      return await this.within(opening)
    } catch (error) {
      opening.then(
        (late) => this.drop(late),
        () => undefined,
      )
      throw error
    }
  }

  /** Makes a channel one that tells what was stored. */
  async confirmed(channel: Channel, onReturned?: (routingKey: string) => void): Promise<ConfirmedChannel> {
    try {
      return await this.within(ConfirmedChannel.open(channel, onReturned))
    } catch (error) {
      void this.drop(channel)
      throw error
    }
  }

  routingKey(topic: string, partition: number): string {
    return `${topic}.${partition}`
  }

  topicOf(routingKey: string): string {
    return routingKey.slice(0, routingKey.lastIndexOf('.'))
  }

  stream(topic: string, partition: number): RabbitStream {
    return new RabbitStream(this, `${this.prefix}.events.${topic}.${partition}`)
  }

  /** The promise, or a rejection when it takes longer than a request may. */
  within<T>(promise: Promise<T>, timeoutMs: number = this.timeoutMs): Promise<T> {
    const timeoutError = (): Error => {
      const { blocked } = this.#connections
      const reason = blocked === undefined ? '' : `: it takes nothing now (${blocked})`
      return new ServiceError('unavailable', `RabbitMQ did not answer within ${timeoutMs} ms${reason}.`)
    }
    return inTime({ platform: this.platform, timeoutMs, timeoutError }, promise)
  }

  /** Closes a channel, and does not wait for a server that does not answer. */
  async drop(channel: Channel | undefined): Promise<void> {
    if (channel?.active !== true) return
    await this.within(channel.close()).catch(() => undefined)
  }

  close(): void {
    this.#connections.close()
  }

  /** Makes a stream unless it is there, and sees to it that it is not empty. */
  async openStream(queue: string, limits: Readonly<Record<string, unknown>>): Promise<void> {
    const probe = await this.acquire()
    // Whoever made it may have chosen other limits; declaring it with these would be refused.
    const known = await this.within(probe.queueDeclare({ queue, passive: true })).then(
      () => true,
      () => false,
    )
    await this.drop(probe)
    const channel = await this.acquire()
    try {
      const made = { queue, durable: true, arguments: { 'x-queue-type': 'stream', ...limits } } as const
      if (!known) await this.within(channel.queueDeclare(made)).catch((error: unknown) => Promise.reject(told(error)))
      await this.leaveMark(await this.confirmed(channel), { stream: queue, id: this.newId() })
    } finally {
      await this.drop(channel)
    }
  }

  /** Stores a message without an event. */
  async leaveMark(
    on: ConfirmedChannel,
    { stream, id }: { readonly stream: string; readonly id: string },
  ): Promise<void> {
    const headers = markHeaders(this.platform.now())
    const envelope = { routingKey: stream, messageId: id, durable: true, mandatory: true, headers } as const
    await this.within(on.publish([{ envelope, body: Buffer.alloc(0) }]))
  }

  newId(): string {
    return randomId(this.platform, 9)
  }

  /** Makes the streams of a topic unless they are there. */
  async #openTopic(name: string): Promise<void> {
    if (!/^[^\s*#]+$/u.test(name)) {
      throw new ServiceError('invalid_argument', `'${name}' cannot be a topic: RabbitMQ allows no space, '*' or '#'.`)
    }
    const channel = await this.acquire()
    try {
      await this.within(channel.exchangeDeclare({ exchange: this.eventExchange, type: 'topic', durable: true }))
    } finally {
      await this.drop(channel)
    }
    const numbers = Array.from({ length: this.partitions }, (_, partition) => partition)
    await Promise.all(numbers.map((partition) => this.#openPartition(name, partition)))
  }

  /** Each step is done also where the stream is there: whoever made it may have ended between them. */
  async #openPartition(topic: string, partition: number): Promise<void> {
    const { name: queue } = this.stream(topic, partition)
    const { keepMs = brokerDefaults.keepMs } = this.#options
    await this.openStream(queue, {
      'x-max-age': `${Math.ceil(keepMs / 1000)}s`,
      'x-stream-max-segment-size-bytes': 100_000_000,
    })
    const channel = await this.acquire()
    try {
      const routingKey = this.routingKey(topic, partition)
      await this.within(channel.queueBind({ queue, exchange: this.eventExchange, routingKey }))
    } finally {
      await this.drop(channel)
    }
  }
}

/** The server's words for a stream that it has not entered since it started are the same for one that 3.10 never will. */
function told(error: unknown): unknown {
  if (!messageOf(error).includes('down or inaccessible')) return error
  const failure = unavailable('RabbitMQ has not found the stream again', error)
  const remedy = "Where this stays, see 'Streams that RabbitMQ 3.10 does not find again' in Holon's reference of buses."
  return new ServiceError('unavailable', `${failure.message} ${remedy}`, { cause: error })
}
