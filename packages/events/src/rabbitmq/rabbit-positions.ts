import type { ConfirmedChannel } from './confirmed-channel.ts'
import type { RabbitSession } from './rabbit-session.ts'
import { passOver, RabbitStream } from './rabbit-stream.ts'
import type { Landmark } from './stream-message.ts'

/** Some tens of thousands of positions; with each one of them written at every start and every 10,000 events. */
const limits = { 'x-max-length-bytes': 10_000_000, 'x-stream-max-segment-size-bytes': 1_000_000 }
const window = 1000

/** Where a partition was. */
export interface Position {
  /** Everything up to this offset is dealt with. */
  readonly after: number
  /** In the stream that has this mark; undefined as versions up to 0.1 wrote it: in whatever stream there is. */
  readonly landmark?: Landmark
}

type KeyedPosition = Position & { readonly key: string }

/**
 * Where partitions of subscriptions were, in a stream of their own: what a partition goes by when its notes are lost. That
 * happens: RabbitMQ killed within a second after it made a quorum queue starts an empty one in its place, after one more
 * restart (https://github.com/rabbitmq/rabbitmq-server/issues/15725). Taken for new, the partition would pass over all
 * events in between; from here it goes on at most 10,000 events too early, and receipts in the inbox make that harmless.
 */
export class RabbitPositions {
  readonly #session: RabbitSession
  readonly #stream: RabbitStream
  #opening: Promise<void> | undefined
  #publishing: Promise<ConfirmedChannel> | undefined
  #reading: Promise<unknown> = Promise.resolve()
  #next: Promise<ReadonlyMap<string, Position>> | undefined

  constructor(session: RabbitSession) {
    this.#session = session
    this.#stream = new RabbitStream(session, `${session.prefix}.positions`)
  }

  /** The newest position of a partition; undefined where none was ever written. */
  async find(key: string): Promise<Position | undefined> {
    // All that ask before a read begins share it: partitions ask at the same time, and it reads those of all.
    this.#next ??= this.#reading.then(() => {
      this.#next = undefined
      return this.#whileThere(() => this.#readAll())
    })
    const all = this.#next
    this.#reading = all.catch(() => undefined)
    return (await all).get(key)
  }

  /** Resolves once the server has it. */
  write(key: string, { after, landmark }: Position): Promise<void> {
    const position = { key, after, ...(landmark && { landmark }) } satisfies KeyedPosition
    const envelope = { routingKey: this.#stream.name, durable: true, mandatory: true } as const
    return this.#whileThere(async () => {
      const channel = await this.#publisher()
      await this.#session.within(channel.publish([{ envelope, body: Buffer.from(JSON.stringify(position)) }]))
    })
  }

  async #readAll(): Promise<ReadonlyMap<string, Position>> {
    const session = this.#session
    const head = await this.#stream.head()
    const { promise: read, resolve } = Promise.withResolvers<void>()
    const found = new Map<string, Position>()
    const channel = await this.#stream.read({ from: 'first', window }, (message, from) => {
      passOver(message, from)
      if (!message.isMark) {
        const text = Buffer.from(message.raw.body as Uint8Array).toString()
        const { key, ...position } = JSON.parse(text) as KeyedPosition
        found.set(key, position)
      }
      if (message.offset >= head) resolve()
    })
    try {
      await session.within(read)
      return found
    } finally {
      await session.drop(channel)
    }
  }

  /** Makes the stream before its first use, and before the use that follows a failure: it may be gone. */
  async #whileThere<T>(use: () => Promise<T>): Promise<T> {
    try {
      await (this.#opening ??= this.#session.openStream(this.#stream.name, limits))
      return await use()
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  async #publisher(): Promise<ConfirmedChannel> {
    const publisher = await this.#publishing?.catch(() => undefined)
    if (publisher?.active === true) return publisher
    const opened = this.#session.acquire().then((channel) => this.#session.confirmed(channel))
    this.#publishing = opened
    return await opened
  }
}
