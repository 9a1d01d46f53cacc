import { type Deadline, type Platform, delay, inTime } from '@holon/contract'
import type { Channel } from 'rabbitmq-client'

import type { Delivery } from '../bus.ts'
import { ephemeralNotesQueue, notesQueue } from './partition-notes.ts'
import { PartitionTurn } from './partition-turn.ts'
import type { RabbitPositions } from './rabbit-positions.ts'
import type { RabbitSession } from './rabbit-session.ts'

export interface RabbitPartitionOptions {
  readonly session: RabbitSession
  readonly platform: Platform
  readonly topic: string
  readonly partition: number
  /** The queue of its notes. */
  readonly queue: string
  readonly start: 'new' | 'all'
  readonly window: number
  /** Where the subscription's positions are kept a second time; undefined for one that ends with its members. */
  readonly positions: RabbitPositions | undefined
  readonly deliver: (delivery: Delivery) => void
  /** It is held now, or not any more. */
  readonly onHeld: () => void
  readonly onApplied: (control: string) => void
}

const retryMs = 200
/** After so many consumers in a row that the server did not answer, the queue is taken for dead. */
const deadAfter = 3
/** Deleting a queue without a leader takes RabbitMQ 5 s. */
const deleteWithinMs = 20_000
/** Of a consumer's notes, all may be unacknowledged. */
const unlimited = 0

/**
 * A partition of a subscription, as one member sees it. Its notes are a quorum queue of which one consumer is active: that
 * consumer has the partition. This stands in line for it, again and again; what is done once its turn has come is a
 * {@link PartitionTurn}.
 */
export class RabbitPartition {
  readonly #options: RabbitPartitionOptions
  readonly #ending = new AbortController()
  readonly #running: Promise<void>
  #turn: PartitionTurn | undefined
  #seen = -1
  #restMs = 0
  #unanswered = 0

  constructor(options: RabbitPartitionOptions) {
    this.#options = options
    this.#running = this.#run()
  }

  get key(): string {
    return this.#options.queue
  }

  get topic(): string {
    return this.#options.topic
  }

  get number(): number {
    return this.#options.partition
  }

  get held(): boolean {
    return this.#turn?.held ?? false
  }

  get paused(): boolean {
    return this.#turn?.paused ?? false
  }

  /** How many messages are not dealt with. Only its owner knows. */
  async lag(): Promise<number> {
    const { session, topic, partition } = this.#options
    const head = await session.stream(topic, partition).head()
    return this.#turn?.behind(head) ?? 0
  }

  /** Lets what is on loan end, as long as `drain` allows, and lets another member have it for a while. */
  async release(drain: Deadline, restMs: number): Promise<void> {
    const turn = this.#turn
    if (turn === undefined) return
    await inTime(drain, turn.drained()).catch(() => undefined)
    if (turn !== this.#turn || !turn.held) return
    this.#restMs = restMs
    await turn.leave()
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#turn?.leave()
    await this.#running
  }

  async #run(): Promise<void> {
    const { platform, session } = this.#options
    while (!this.#ending.signal.aborted) {
      try {
        await this.#serve(await session.acquire())
      } catch {
        // The connection is lost or the queue is being moved: try again.
      }
      const restMs = Math.max(this.#restMs, retryMs)
      this.#restMs = 0
      await delay(platform, restMs, this.#ending.signal).catch(() => undefined)
    }
  }

  /** Takes part until the channel is closed. */
  async #serve(channel: Channel): Promise<void> {
    const { session, positions } = this.#options
    const closed = new Promise<void>((resolve) => channel.once('close', resolve))
    const made = positions === undefined ? ephemeralNotesQueue : notesQueue
    try {
      channel.once('basic.cancel', () => void session.drop(channel))
      await session.within(channel.queueDeclare({ queue: this.key, durable: true, arguments: { ...made } }))
      const confirmed = await session.confirmed(channel)
      const turn = new PartitionTurn({ ...this.#options, confirmed, seen: this.#seen })
      this.#turn = turn
      await session.within(channel.basicQos({ prefetchCount: unlimited }))
      await this.#consume(channel, turn)
      // Whoever is active finds out by receiving something.
      await turn.knock()
      if (!this.#ending.signal.aborted) await closed
    } finally {
      const turn = this.#turn
      this.#turn = undefined
      turn?.end()
      this.#seen = turn?.seen ?? this.#seen
      await session.drop(channel)
    }
  }

  /**
   * RabbitMQ killed within a second after it made a queue leaves one that never has a leader again. It is made anew then;
   * where its partition was is known from its positions. One that has none begins anew.
   */
  async #consume(channel: Channel, turn: PartitionTurn): Promise<void> {
    const { session } = this.#options
    if (this.#unanswered >= deadAfter) {
      this.#unanswered = 0
      await session.within(channel.queueDelete({ queue: this.key }), deleteWithinMs)
      throw new Error(`The queue ${this.key} was dead and is made anew.`)
    }
    const { ready } = session
    try {
      await session.within(channel.basicConsume({ queue: this.key }, (note) => turn.onNote(note)))
      this.#unanswered = 0
    } catch (error) {
      if (ready && session.ready) this.#unanswered += 1
      throw error
    }
  }
}
