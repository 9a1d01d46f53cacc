import { type Platform, delay, ServiceError } from '@holon/contract'
import { type AsyncMessage, type Channel, Connection, type ConnectionOptions } from 'rabbitmq-client'

import type { BusMessage } from '../bus.ts'
import type { EventLimit } from '../event-limit.ts'
import { amqpBinary, unpackMessage } from '../partitions/binary-mode.ts'

export interface RabbitOptions extends EventLimit {
  readonly platform: Platform
  /** `amqp://user:password@host:port/vhost`. */
  readonly url: string
  /** Partitions of each topic: how many members can share a subscription. The same everywhere. Default 8. */
  readonly partitions?: number
  /** How long events are kept, for those who are late or go back. Default 7 days. */
  readonly keepMs?: number
  /** First part of the names of all exchanges and queues. Default `holon`. */
  readonly prefix?: string
  /** How long a request to the server may take. Default 5 s. */
  readonly timeoutMs?: number
  /** Hosts of a cluster, TLS and what else the client takes. */
  readonly connection?: Omit<ConnectionOptions, 'url'>
}

/** The header of messages without an event: whoever opens a stream leaves one, so that none is ever empty. */
const emptyHeader = 'holon-first'
const timeHeader = 'holon-time'
/** A burst that was on its way is in when nothing came for this long, twice. */
const quietMs = 10

/** A message as it was read from a stream. */
export interface StreamMessage {
  readonly offset: number
  readonly timeMs: number
  /** Nothing to deliver: left by who opened the stream. */
  readonly empty: boolean
  readonly raw: AsyncMessage
}

/** A connection that comes back by itself, with the exchanges and streams that Holon uses. */
export class RabbitSession {
  readonly connection: Connection
  readonly prefix: string
  readonly partitions: number
  readonly #options: RabbitOptions
  readonly #topics = new Map<string, Promise<void>>()

  private constructor(options: RabbitOptions) {
    const { url, prefix = 'holon', partitions = 8 } = options
    this.#options = options
    this.prefix = prefix
    this.partitions = partitions
    this.connection = new Connection({
      connectionName: prefix,
      heartbeat: 10,
      retryLow: 200,
      retryHigh: 2000,
      acquireTimeout: this.timeoutMs,
      ...options.connection,
      url,
    })
    // Every failure also reaches whoever waits for something; without a listener Node would end the process.
    this.connection.on('error', () => undefined)
  }

  static async open(options: RabbitOptions): Promise<RabbitSession> {
    const session = new RabbitSession(options)
    try {
      await session.connection.onConnect(session.timeoutMs, true)
      const channel = await session.connection.acquire()
      const { prefix } = session
      await channel.exchangeDeclare({ exchange: `${prefix}.events`, type: 'topic', durable: true })
      await channel.exchangeDeclare({ exchange: `${prefix}.members`, type: 'direct', durable: true })
      await session.drop(channel)
      return session
    } catch (error) {
      session.connection.unsafeDestroy()
      throw error
    }
  }

  get timeoutMs(): number {
    return this.#options.timeoutMs ?? 5000
  }

  routingKey(topic: string, partition: number): string {
    return `${topic}.${partition}`
  }

  stream(topic: string, partition: number): string {
    return `${this.prefix}.events.${topic}.${partition}`
  }

  /** Makes the streams of a topic unless they are there. */
  topic(name: string): Promise<void> {
    let opening = this.#topics.get(name)
    if (opening === undefined) {
      opening = this.#openTopic(name)
      this.#topics.set(name, opening)
      opening.catch(() => this.#topics.delete(name))
    }
    return opening
  }

  /** Looks at the topic anew before the next use: a stream of it is gone. */
  forgetTopic(name: string): void {
    this.#topics.delete(name)
  }

  /** Reads a stream from an offset on. Closing the returned channel ends it. */
  async read(
    stream: string,
    { from, window }: { readonly from: number | 'first' | 'last'; readonly window: number },
    take: (message: StreamMessage, channel: Channel) => void,
  ): Promise<Channel> {
    const channel = await this.connection.acquire()
    try {
      await channel.basicQos({ prefetchCount: window })
      const consume = channel.basicConsume({ queue: stream, arguments: { 'x-stream-offset': from } }, (raw) => {
        take(toStreamMessage(raw), channel)
      })
      await this.within(consume)
      return channel
    } catch (error) {
      await this.drop(channel)
      throw error
    }
  }

  /** Offset of a stream's last message. */
  async head(stream: string): Promise<number> {
    const { platform } = this.#options
    const news = { last: -1, count: 0 }
    const channel = await this.read(stream, { from: 'last', window: 1000 }, ({ offset, raw }, channel) => {
      news.last = offset
      news.count += 1
      if (channel.active) channel.basicAck({ deliveryTag: raw.deliveryTag })
    })
    try {
      const endMs = platform.monotonicMs() + this.timeoutMs
      // The chunk comes in one burst. Two turns of the clock without news: what has arrived meanwhile was looked at.
      for (let quiet = 0, before = 0; news.last < 0 || quiet < 2; before = news.count) {
        if (platform.monotonicMs() > endMs) throw new Error(`The stream ${stream} did not answer.`)
        await delay(platform, quietMs)
        quiet = news.count === before ? quiet + 1 : 0
      }
      return news.last
    } finally {
      await this.drop(channel)
    }
  }

  /** Offset of the first message published at `timeMs` or later, found by halving. */
  async offsetAt(stream: string, timeMs: number): Promise<number> {
    let low = (await this.#at(stream, 'first')).offset
    let high = (await this.head(stream)) + 1
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const found = await this.#at(stream, middle)
      if (found.timeMs < timeMs) low = Math.max(middle, found.offset) + 1
      else high = middle
    }
    return low
  }

  /** The first message at an offset or later. */
  async #at(stream: string, from: number | 'first'): Promise<StreamMessage> {
    const { promise, resolve } = Promise.withResolvers<StreamMessage>()
    const channel = await this.read(stream, { from, window: 1 }, resolve)
    try {
      return await this.within(promise)
    } finally {
      await this.drop(channel)
    }
  }

  /** The promise, or a rejection when it takes longer than a request may. */
  async within<T>(promise: Promise<T>, timeoutMs: number = this.timeoutMs): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = this.#options.platform.setTimer(
      () => reject(new ServiceError('unavailable', `RabbitMQ did not answer within ${timeoutMs} ms.`)),
      timeoutMs,
    )
    try {
      return await Promise.race([promise, late])
    } finally {
      timer.cancel()
    }
  }

  /** Closes a channel, and does not wait for a server that does not answer. */
  async drop(channel: Channel | undefined): Promise<void> {
    if (channel?.active !== true) return
    await this.within(channel.close()).catch(() => undefined)
  }

  headersFor(timeMs: number): Record<string, string> {
    return { [timeHeader]: String(timeMs) }
  }

  close(): void {
    this.connection.unsafeDestroy()
  }

  /** Makes a stream unless it is there, and sees to it that it is not empty. */
  async openStream(queue: string, limits: Readonly<Record<string, unknown>>): Promise<void> {
    const probe = await this.connection.acquire()
    // Whoever made it may have chosen other limits; declaring it with these would be refused.
    const known = await probe.queueDeclare({ queue, passive: true }).then(
      () => true,
      () => false,
    )
    await this.drop(probe)
    const channel = await this.connection.acquire()
    try {
      if (!known)
        await channel.queueDeclare({ queue, durable: true, arguments: { 'x-queue-type': 'stream', ...limits } })
      await channel.confirmSelect()
      const headers = { ...this.headersFor(this.#options.platform.now()), [emptyHeader]: 'true' }
      await this.within(channel.basicPublish({ routingKey: queue, durable: true, headers }, Buffer.alloc(0)))
    } finally {
      await this.drop(channel)
    }
  }

  async #openTopic(name: string): Promise<void> {
    if (!/^[^\s*#]+$/u.test(name)) {
      throw new ServiceError('invalid_argument', `'${name}' cannot be a topic: RabbitMQ allows no space, '*' or '#'.`)
    }
    const numbers = Array.from({ length: this.partitions }, (_, partition) => partition)
    await Promise.all(numbers.map((partition) => this.#openPartition(name, partition)))
  }

  /** Each step is done also where the stream is there: whoever made it may have ended between them. */
  async #openPartition(topic: string, partition: number): Promise<void> {
    const queue = this.stream(topic, partition)
    const { keepMs = 7 * 24 * 3_600_000 } = this.#options
    await this.openStream(queue, {
      'x-max-age': `${Math.ceil(keepMs / 1000)}s`,
      'x-stream-max-segment-size-bytes': 100_000_000,
    })
    const channel = await this.connection.acquire()
    try {
      const exchange = `${this.prefix}.events`
      await channel.queueBind({ queue, exchange, routingKey: this.routingKey(topic, partition) })
    } finally {
      await this.drop(channel)
    }
  }
}

function toStreamMessage(raw: AsyncMessage): StreamMessage {
  const headers: Readonly<Record<string, unknown>> = raw.headers ?? {}
  const timeMs = Number(headers[timeHeader] ?? (raw.timestamp ?? 0) * 1000)
  return { offset: Number(headers['x-stream-offset']), timeMs, empty: headers[emptyHeader] !== undefined, raw }
}

/** The event in a stream's message. */
export function toBusMessage(topic: string, { offset, timeMs, raw }: StreamMessage): BusMessage {
  const headers = Object.entries<unknown>(raw.headers ?? {}).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[name, String(value)]] : [],
  )
  const { contentType, messageId } = raw
  const fallbackId = messageId ?? `${topic}-${raw.routingKey}-${offset}`
  return unpackMessage({ topic, headers, contentType, fallbackId, body: bytesOf(raw), timeMs }, amqpBinary)
}

/** The client parses JSON whose encoding is not named; Holon's own messages name it. */
function bytesOf({ body, contentType }: AsyncMessage): Uint8Array {
  const content: unknown = body
  if (content instanceof Uint8Array) return content
  return Buffer.from(contentType === 'text/plain' ? String(content) : JSON.stringify(content))
}
