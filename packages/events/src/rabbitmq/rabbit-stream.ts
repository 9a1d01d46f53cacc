import { delay } from '@holon/contract'
import type { Channel } from 'rabbitmq-client'

import type { RabbitSession } from './rabbit-session.ts'
import { type Landmark, type StreamMessage, toStreamMessage } from './stream-message.ts'

export interface StreamReading {
  readonly from: number | 'first' | 'last'
  /** How many messages may be unacknowledged. */
  readonly window: number
}

/** A burst that was on its way is in when nothing came for this long, twice. */
const quietMs = 10
const burst = 1000

/** One stream of events or positions, as a reader sees it. */
export class RabbitStream {
  readonly name: string
  readonly #session: RabbitSession

  constructor(session: RabbitSession, name: string) {
    this.#session = session
    this.name = name
  }

  /** Reads from an offset on. Closing the returned channel ends it; it closes when the stream is deleted. */
  async read(
    { from, window }: StreamReading,
    take: (message: StreamMessage, channel: Channel) => void,
  ): Promise<Channel> {
    const session = this.#session
    const channel = await session.acquire()
    try {
      channel.once('basic.cancel', () => void session.drop(channel))
      await session.within(channel.basicQos({ prefetchCount: window }))
      const consume = channel.basicConsume({ queue: this.name, arguments: { 'x-stream-offset': from } }, (raw) => {
        take(toStreamMessage(raw), channel)
      })
      await session.within(consume)
      return channel
    } catch (error) {
      await session.drop(channel)
      throw error
    }
  }

  /** Offset of the last message. */
  async head(): Promise<number> {
    const { platform, timeoutMs } = this.#session
    const news = { last: -1, count: 0 }
    const channel = await this.read({ from: 'last', window: burst }, (message, channel) => {
      news.last = message.offset
      news.count += 1
      passOver(message, channel)
    })
    try {
      const endMs = platform.monotonicMs() + timeoutMs
      // The chunk comes in one burst. Two turns of the clock without news: what has arrived meanwhile was looked at.
      for (let quiet = 0, before = 0; news.last < 0 || quiet < 2; before = news.count) {
        if (platform.monotonicMs() > endMs) throw new Error(`The stream ${this.name} did not answer.`)
        await delay(platform, quietMs)
        quiet = news.count === before ? quiet + 1 : 0
      }
      return news.last
    } finally {
      await this.#session.drop(channel)
    }
  }

  /** Offset of the first message published at `timeMs` or later, found by halving. */
  async offsetAt(timeMs: number): Promise<number> {
    let low = (await this.#first({ from: 'first', window: 1 })).offset
    let high = (await this.head()) + 1
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const found = await this.#first({ from: middle, window: 1 })
      if (found.timeMs < timeMs) low = Math.max(middle, found.offset) + 1
      else high = middle
    }
    return low
  }

  /** Leaves a mark at the end, and tells where that is. */
  async mark(): Promise<Landmark> {
    const session = this.#session
    const id = session.newId()
    const { promise: seen, resolve } = Promise.withResolvers<number>()
    const channel = await this.read({ from: 'last', window: burst }, (message, from) => {
      passOver(message, from)
      if (message.raw.messageId === id) resolve(message.offset)
    })
    try {
      await session.leaveMark(await session.confirmed(channel), { stream: this.name, id })
      return { offset: await session.within(seen), id }
    } finally {
      await session.drop(channel)
    }
  }

  /**
   * Whether this is the stream in which `earlier` was found, and not one that was made anew since. `mark` was left just now.
   * A stream that keeps nothing so old any more is taken for the same: what it does not keep, nobody can be given.
   */
  async has(earlier: Landmark, mark: Landmark): Promise<boolean> {
    if (mark.offset <= earlier.offset) return false
    const there = await this.#first({ from: earlier.offset, window: burst }, ({ offset }) => offset >= earlier.offset)
    return there.offset > earlier.offset || there.raw.messageId === earlier.id
  }

  /** The first message that will do; chunks are delivered as wholes, so that some before the offset may come, too. */
  async #first(reading: StreamReading, isIt: (message: StreamMessage) => boolean = () => true): Promise<StreamMessage> {
    const { promise, resolve } = Promise.withResolvers<StreamMessage>()
    const channel = await this.read(reading, (message, from) => {
      if (isIt(message)) resolve(message)
      else passOver(message, from)
    })
    try {
      return await this.#session.within(promise)
    } finally {
      await this.#session.drop(channel)
    }
  }
}

export function passOver({ raw }: StreamMessage, channel: Channel): void {
  if (channel.active) channel.basicAck({ deliveryTag: raw.deliveryTag })
}
