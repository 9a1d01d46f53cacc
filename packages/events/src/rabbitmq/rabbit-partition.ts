import { type Platform, delay, type Timer } from '@holon/contract'
import type { AsyncMessage, Channel } from 'rabbitmq-client'

import type { Delivery } from '../bus.ts'
import { Lane } from '../partitions/lane.ts'
import { type Note, notesQueue, PartitionNotes, type PartitionRecord } from './partition-notes.ts'
import { type RabbitSession, type StreamMessage, toBusMessage } from './rabbit-session.ts'

export interface RabbitPartitionOptions {
  readonly session: RabbitSession
  readonly platform: Platform
  readonly topic: string
  readonly partition: number
  /** The queue of its notes. */
  readonly queue: string
  readonly start: 'new' | 'all'
  readonly window: number
  readonly deliver: (delivery: Delivery) => void
  /** It is held now, or not any more. */
  readonly onHeld: () => void
  readonly onApplied: (control: string) => void
}

const saveMs = 100
const retryMs = 200
/** Of a consumer's notes, all may be unacknowledged. */
const unlimited = 0
/** Changes that the record remembers, so that none is carried out twice. */
const remembered = 50

/**
 * A partition of a subscription, as one member sees it. Its notes are a quorum queue of which one consumer is active:
 * that consumer has the partition. It reads all notes, carries out what is new, and keeps the newest state
 * unacknowledged, so that whoever becomes active next begins with it.
 *
 * - P1: only the active consumer publishes states.
 * - P2: a note is acknowledged once a later state that takes it into account is in the queue.
 */
export class RabbitPartition {
  readonly #options: RabbitPartitionOptions
  readonly #ending = new AbortController()
  readonly #running: Promise<void>
  readonly #notes = new PartitionNotes()
  #channel: Channel | undefined
  #reading: Channel | undefined
  #record: PartitionRecord | undefined
  #lane: Lane | undefined
  #mark: string | undefined
  #seen = -1
  #restMs = 0
  #saving: Timer | undefined

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
    return this.#lane !== undefined
  }

  /** How many messages are not dealt with. Only its owner knows. */
  async lag(): Promise<number> {
    const { session, topic, partition } = this.#options
    const head = await session.head(session.stream(topic, partition))
    const after = this.#lane?.done ?? this.#record?.after ?? head
    return Math.max(0, head - after - (this.#lane?.ahead ?? 0))
  }

  /** Lets what is on loan end, as long as `patience` lasts, and lets another member have it for a while. */
  async release(patience: Promise<void>, restMs: number): Promise<void> {
    const lane = this.#lane
    if (lane === undefined) return
    await Promise.race([lane.drained(), patience])
    if (lane !== this.#lane) return
    this.#restMs = restMs
    await this.#leave()
  }

  async close(): Promise<void> {
    this.#ending.abort()
    await this.#leave()
    await this.#running
  }

  async #run(): Promise<void> {
    const { platform, session } = this.#options
    while (!this.#ending.signal.aborted) {
      try {
        const channel = await session.connection.acquire()
        await this.#serve(channel)
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
    const { session } = this.#options
    const closed = new Promise<void>((resolve) => channel.once('close', resolve))
    try {
      this.#channel = channel
      channel.once('basic.cancel', () => void session.drop(channel))
      await session.within(channel.queueDeclare({ queue: this.key, durable: true, arguments: { ...notesQueue } }))
      await channel.confirmSelect()
      await channel.basicQos({ prefetchCount: unlimited })
      await session.within(channel.basicConsume({ queue: this.key }, (note) => this.#onNote(channel, note)))
      // Whoever is active finds out by receiving something.
      await this.#publish({ kind: 'mark', id: '' })
      if (this.#ending.signal.aborted) return
      await closed
    } finally {
      this.#channel = undefined
      this.#forget()
      await session.drop(channel)
    }
  }

  #onNote(channel: Channel, { body, deliveryTag }: AsyncMessage): void {
    if (channel !== this.#channel) return
    const note = JSON.parse(Buffer.from(body as Uint8Array).toString()) as Note
    this.#notes.add(deliveryTag, note)
    if (this.#mark === undefined) {
      this.#mark = this.#newId()
      void this.#publish({ kind: 'mark', id: this.#mark }).catch(() => this.#options.session.drop(channel))
    } else if (note.kind === 'mark' && note.id === this.#mark) {
      void this.#begin().catch(() => this.#options.session.drop(channel))
    } else if (this.#record !== undefined) this.#obey(note)
  }

  /** All notes that were there are read: goes on from the newest state, or makes the first. */
  async #begin(): Promise<void> {
    const { session, topic, partition, start } = this.#options
    const stream = session.stream(topic, partition)
    const latest = this.#notes.state
    if (latest === undefined) {
      await session.topic(topic)
      const after = start === 'new' ? await session.head(stream) : -1
      this.#record = { after, ahead: 0, paused: false, applied: [] }
      await this.#save()
    } else this.#record = latest
    await this.#carryOut()
    await this.#open()
  }

  #obey(note: Note): void {
    if (note.kind !== 'control') this.#acknowledge()
    else if (note.to === undefined) {
      // Pausing must not wait: nothing may be delivered from here on.
      this.#lane?.setPaused(note.paused ?? false)
      void this.#carryOut().catch(() => this.#options.session.drop(this.#channel))
    } else {
      this.#closeLane()
      void this.#carryOut()
        .then(() => this.#open())
        .catch(() => this.#options.session.drop(this.#channel))
    }
  }

  /** Carries out changes that the record does not know, in their order, and saves. */
  async #carryOut(): Promise<void> {
    const { controls } = this.#notes
    for (const { id, paused, to } of controls) {
      if (this.#record === undefined || this.#record.applied.includes(id)) continue
      const applied = [...this.#record.applied, id].slice(-remembered)
      this.#record = { ...this.#record, applied, paused: paused ?? this.#record.paused }
      if (to !== undefined) this.#record = { ...this.#record, ahead: 0, after: await this.#target(to) }
    }
    await this.#save()
    for (const { id } of controls) this.#options.onApplied(id)
  }

  async #target(to: 'start' | { readonly timeMs: number }): Promise<number> {
    const { session, topic, partition } = this.#options
    return to === 'start' ? -1 : (await session.offsetAt(session.stream(topic, partition), to.timeMs)) - 1
  }

  /** Begins to read the stream. */
  async #open(): Promise<void> {
    const { session, topic, partition, window, deliver, platform } = this.#options
    if (this.#record === undefined || this.#lane !== undefined) return
    const { after, paused } = this.#record
    const onProgress = (): void => this.#saveSoon()
    const lane = new Lane({ window, paused, seen: this.#seen, deliver, onProgress })
    this.#lane = lane
    const take = (message: StreamMessage, from: Channel): void => {
      const settled = (): void => {
        if (from.active) from.basicAck({ deliveryTag: message.raw.deliveryTag })
      }
      const { offset, empty } = message
      if (offset > after && !empty)
        return lane.take({ position: offset, message: toBusMessage(topic, message), settled })
      if (offset > after) lane.skip(offset)
      settled()
    }
    while (lane === this.#lane) {
      try {
        await session.topic(topic)
        const channel = await session.read(session.stream(topic, partition), { from: after + 1, window }, take)
        if (lane !== this.#lane) return await session.drop(channel)
        this.#reading = channel
        channel.once('close', () => this.#onStreamLost(lane))
        return this.#options.onHeld()
      } catch {
        // After a restart streams come back a little later than the server.
        await delay(platform, retryMs, this.#ending.signal).catch(() => undefined)
      }
    }
  }

  #onStreamLost(lane: Lane): void {
    if (lane !== this.#lane) return
    void this.#options.session.drop(this.#channel)
    this.#forget()
  }

  #closeLane(): void {
    const lane = this.#lane
    this.#lane = undefined
    if (lane !== undefined) {
      this.#seen = Math.max(this.#seen, lane.last ?? -1)
      this.#remember(lane)
      lane.revoke()
    }
    void this.#options.session.drop(this.#reading)
    this.#reading = undefined
  }

  #remember({ done, ahead }: Lane): void {
    if (this.#record !== undefined && done !== undefined) this.#record = { ...this.#record, after: done, ahead }
  }

  /** Stops having the partition; its newest state goes back to the queue when the channel closes. */
  #forget(): void {
    const held = this.held
    this.#closeLane()
    this.#record = undefined
    this.#mark = undefined
    this.#notes.clear()
    this.#saving?.cancel()
    this.#saving = undefined
    if (held) this.#options.onHeld()
  }

  async #leave(): Promise<void> {
    const channel = this.#channel
    if (channel === undefined) return
    this.#closeLane()
    if (this.#record !== undefined && channel.active) await this.#save().catch(() => undefined)
    await this.#options.session.drop(channel)
  }

  #saveSoon(): void {
    this.#saving ??= this.#options.platform.setTimer(() => {
      this.#saving = undefined
      if (this.#lane === undefined) return
      this.#remember(this.#lane)
      // What is not saved now is saved with the next progress, or done again by whoever comes next.
      this.#save().catch(() => undefined)
    }, saveMs)
  }

  async #save(): Promise<void> {
    if (this.#record !== undefined) await this.#publish({ kind: 'state', record: this.#record })
  }

  #acknowledge(): void {
    const tag = this.#notes.settle()
    if (tag !== undefined && this.#channel?.active === true)
      this.#channel.basicAck({ deliveryTag: tag, multiple: true })
  }

  async #publish(note: Note): Promise<void> {
    const { session } = this.#options
    const channel = this.#channel
    if (channel === undefined) throw new Error('The channel is closed.')
    const body = Buffer.from(JSON.stringify(note))
    await session.within(channel.basicPublish({ routingKey: this.key, durable: true, mandatory: true }, body))
  }

  #newId(): string {
    return Buffer.from(this.#options.platform.randomBytes(9)).toString('base64url')
  }
}
