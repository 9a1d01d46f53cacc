import type { Channel } from 'rabbitmq-client'

import type { RabbitSession } from './rabbit-session.ts'

/** Some tens of thousands of positions; with each one of them written at every start and every 10,000 events. */
const limits = { 'x-max-length-bytes': 10_000_000, 'x-stream-max-segment-size-bytes': 1_000_000 }
const window = 1000

interface Position {
  readonly key: string
  readonly after: number
}

/**
 * Where partitions of subscriptions were, in a stream of their own: what a partition goes by when its notes are lost. That
 * happens: RabbitMQ killed within a second after it made a quorum queue starts an empty one in its place, after one more
 * restart (https://github.com/rabbitmq/rabbitmq-server/issues/15725). Taken for new, the partition would pass over all
 * events in between; from here it goes on at most 10,000 events too early, and receipts in the inbox make that harmless.
 */
export class RabbitPositions {
  readonly #session: RabbitSession
  #opening: Promise<void> | undefined
  #channel: Promise<Channel> | undefined

  constructor(session: RabbitSession) {
    this.#session = session
  }

  /** The newest position of a partition; undefined where none was ever written. */
  async find(key: string): Promise<number | undefined> {
    await this.#open()
    const session = this.#session
    const head = await session.head(this.#stream)
    const { promise: read, resolve } = Promise.withResolvers<void>()
    let found: number | undefined
    const channel = await session.read(this.#stream, { from: 'first', window }, ({ raw, offset, empty }, from) => {
      if (from.active) from.basicAck({ deliveryTag: raw.deliveryTag })
      if (!empty) {
        const position = JSON.parse(Buffer.from(raw.body as Uint8Array).toString()) as Position
        if (position.key === key) found = position.after
      }
      if (offset >= head) resolve()
    })
    try {
      await session.within(read)
      return found
    } finally {
      await session.drop(channel)
    }
  }

  /** Resolves once the server has it. */
  async write(position: Position): Promise<void> {
    await this.#open()
    const channel = await this.#publisher()
    const envelope = { routingKey: this.#stream, durable: true, mandatory: true }
    await this.#session.within(channel.basicPublish(envelope, Buffer.from(JSON.stringify(position))))
  }

  get #stream(): string {
    return `${this.#session.prefix}.positions`
  }

  #open(): Promise<void> {
    this.#opening ??= this.#session.openStream(this.#stream, limits).catch((error: unknown) => {
      this.#opening = undefined
      throw error
    })
    return this.#opening
  }

  async #publisher(): Promise<Channel> {
    const channel = await this.#channel?.catch(() => undefined)
    if (channel?.active === true) return channel
    const acquired = this.#session.connection.acquire().then(async (fresh) => {
      await fresh.confirmSelect()
      return fresh
    })
    this.#channel = acquired
    return await acquired
  }
}
