import type { Timer } from '@holon/contract'
import type { AsyncMessage, Channel } from 'rabbitmq-client'

import { Lane } from '../partitions/lane.ts'
import type { ConfirmedChannel } from './confirmed-channel.ts'
import { type Note, PartitionNotes, type PartitionRecord } from './partition-notes.ts'
import type { RabbitPartitionOptions } from './rabbit-partition.ts'
import { passOver, type RabbitStream } from './rabbit-stream.ts'
import { type StreamMessage, toBusMessage } from './stream-message.ts'

export interface PartitionTurnOptions extends RabbitPartitionOptions {
  /** Where the notes come from. When it closes, the turn is over. */
  readonly confirmed: ConfirmedChannel
  /** Messages up to this offset have been delivered in an earlier turn. */
  readonly seen: number
}

const saveMs = 100
/** Changes that the record remembers, so that none is carried out twice. */
const remembered = 50
/** How many events later a position is written again. */
const positionEvery = 10_000

/**
 * What a member does with a partition while it is the active consumer of its notes: reads all notes, carries out what is
 * new, and keeps the newest state unacknowledged, so that whoever becomes active next begins with it.
 *
 * - P1: only the active consumer publishes states. A turn knows no channel but its own: what is left of one that is over
 *   cannot publish any more, and the server refuses its acknowledgements.
 * - P2: a note is acknowledged once a later state that takes it into account is in the queue.
 * - P3: before a state is in the queue, its position is written where it survives the queue.
 * - P4: a position is taken up only in the stream that it was in. One that was deleted and made anew has other offsets, and
 *   is read from its beginning.
 */
export class PartitionTurn {
  readonly #options: PartitionTurnOptions
  readonly #over = new AbortController()
  readonly #notes = new PartitionNotes()
  #reading: Channel | undefined
  #record: PartitionRecord | undefined
  #lane: Lane | undefined
  #mark: string | undefined
  #seen: number
  #written = -1
  #saving: Timer | undefined

  constructor(options: PartitionTurnOptions) {
    this.#options = options
    this.#seen = options.seen
  }

  get held(): boolean {
    return this.#lane !== undefined
  }

  get paused(): boolean {
    return this.#record?.paused ?? false
  }

  /** The last offset that may have been delivered before. */
  get seen(): number {
    return this.#seen
  }

  /** How far its position is behind the end of the stream. */
  behind(head: number): number {
    const after = this.#lane?.done ?? this.#record?.after ?? head
    return Math.max(0, head - after - (this.#lane?.ahead ?? 0))
  }

  /** Lends nothing more, and resolves once nothing is on loan. */
  async drained(): Promise<void> {
    await this.#lane?.drained()
  }

  /** Leaves a note so that the active consumer, which may be this one, learns that it is. */
  knock(): Promise<void> {
    return this.#publish({ kind: 'mark', id: '' })
  }

  onNote({ body, deliveryTag }: AsyncMessage): void {
    if (this.#over.signal.aborted) return
    const note = JSON.parse(Buffer.from(body as Uint8Array).toString()) as Note
    this.#notes.add(deliveryTag, note)
    if (this.#mark === undefined) {
      this.#mark = this.#options.session.newId()
      this.#orGiveUp(this.#publish({ kind: 'mark', id: this.#mark }))
    } else if (note.kind === 'mark' && note.id === this.#mark) this.#orGiveUp(this.#begin())
    else if (this.#record !== undefined) this.#obey(note)
  }

  /** Saves where it is and closes the channel. */
  async leave(): Promise<void> {
    const { channel } = this.#options.confirmed
    this.#closeLane()
    if (this.#record !== undefined) this.#record = { ...this.#record, lent: this.#seen }
    if (this.#record !== undefined && channel.active) await this.#save().catch(() => undefined)
    await this.#options.session.drop(channel)
  }

  /** The channel is closed; its newest state is in the queue again. */
  end(): void {
    const { held } = this
    this.#over.abort()
    this.#closeLane()
    this.#saving?.cancel()
    this.#saving = undefined
    if (held) this.#options.onHeld()
  }

  /** All notes that were there are read: goes on from the newest state, or makes the first. */
  async #begin(): Promise<void> {
    const { session, topic, start, positions, queue } = this.#options
    await session.topics.get(topic)
    const mark = await this.#stream.mark()
    const noted = this.#notes.state
    const known = noted ?? (await positions?.find(queue))
    const isThere = known?.landmark === undefined || (await this.#stream.has(known.landmark, mark))
    const where =
      known === undefined ? { after: start === 'new' ? mark.offset : -1 } : isThere ? {} : { after: -1, ahead: 0 }
    const nothing = { after: -1, ahead: 0, paused: false, applied: [] }
    this.#record = { ...nothing, ...known, ...where, landmark: mark, lent: undefined }
    // Whoever was here and has not left in order may have had any of them. Of another stream that says nothing.
    if (known !== undefined) this.#seen = isThere ? Math.max(this.#seen, noted?.lent ?? mark.offset) : -1
    await this.#carryOut()
    await this.#open()
  }

  #obey(note: Note): void {
    if (note.kind !== 'control') this.#acknowledge()
    else if (note.to === undefined) {
      // Pausing must not wait: nothing may be delivered from here on.
      this.#lane?.setPaused(note.paused ?? false)
      this.#orGiveUp(this.#carryOut())
    } else {
      this.#closeLane()
      // Who had it lives, and is done with it.
      this.#seen = -1
      this.#orGiveUp(this.#carryOut().then(() => this.#open()))
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
    await this.#writePosition()
    await this.#save()
    for (const { id } of controls) this.#options.onApplied(id)
  }

  async #target(to: 'start' | { readonly timeMs: number }): Promise<number> {
    return to === 'start' ? -1 : (await this.#stream.offsetAt(to.timeMs)) - 1
  }

  /** Begins to read the stream. */
  async #open(): Promise<void> {
    const { session, window, deliver, onHeld } = this.#options
    if (this.#record === undefined || this.#lane !== undefined || this.#over.signal.aborted) return
    const { after, paused } = this.#record
    const onProgress = (): void => this.#saveSoon()
    const lane = new Lane({ window, paused, seen: this.#seen, deliver, onProgress })
    this.#lane = lane
    const take = (message: StreamMessage, from: Channel): void => this.#take(lane, message, from)
    const channel = await this.#stream.read({ from: after + 1, window }, take)
    if (lane !== this.#lane) return await session.drop(channel)
    this.#reading = channel
    channel.once('close', () => this.#onStreamLost(lane))
    return channel.active ? onHeld() : this.#onStreamLost(lane)
  }

  /** A stream is delivered from the beginning of a chunk on: what is there before the position is passed over. */
  #take(lane: Lane, message: StreamMessage, from: Channel): void {
    const { offset, isMark } = message
    const settled = (): void => passOver(message, from)
    const after = lane.last ?? this.#record?.after ?? -1
    if (offset <= after) return settled()
    if (!isMark) return lane.take({ position: offset, message: toBusMessage(this.#options.topic, message), settled })
    lane.skip(offset)
    settled()
  }

  #onStreamLost(lane: Lane): void {
    if (lane !== this.#lane) return
    this.end()
    this.#giveUp()
  }

  #closeLane(): void {
    const lane = this.#lane
    this.#lane = undefined
    if (lane !== undefined) {
      this.#seen = Math.max(this.#seen, lane.lent ?? -1)
      this.#remember(lane)
      lane.revoke()
    }
    void this.#options.session.drop(this.#reading)
    this.#reading = undefined
  }

  #remember({ done, ahead }: Lane): void {
    if (this.#record !== undefined && done !== undefined) this.#record = { ...this.#record, after: done, ahead }
  }

  #saveSoon(): void {
    this.#saving ??= this.#options.platform.setTimer(() => {
      this.#saving = undefined
      if (this.#lane === undefined) return
      this.#remember(this.#lane)
      // What is not saved now is saved with the next progress, or done again by whoever comes next.
      this.#save().catch(() => undefined)
      if ((this.#record?.after ?? 0) >= this.#written + positionEvery) this.#writePosition().catch(() => undefined)
    }, saveMs)
  }

  async #writePosition(): Promise<void> {
    const { positions, queue } = this.#options
    if (this.#record === undefined || positions === undefined) return
    this.#written = this.#record.after
    await positions.write(queue, this.#record)
  }

  async #save(): Promise<void> {
    if (this.#record !== undefined) await this.#publish({ kind: 'state', record: this.#record })
  }

  #acknowledge(): void {
    const { channel } = this.#options.confirmed
    const tag = this.#notes.settle()
    if (tag !== undefined && channel.active) channel.basicAck({ deliveryTag: tag, multiple: true })
  }

  async #publish(note: Note): Promise<void> {
    const { session, confirmed, queue } = this.#options
    const envelope = { routingKey: queue, durable: true, mandatory: true } as const
    await session.within(confirmed.publish([{ envelope, body: Buffer.from(JSON.stringify(note)) }]))
  }

  /** Without what failed, the partition is better off with another member, or with this one's next turn. */
  #orGiveUp(work: Promise<void>): void {
    work.catch(() => this.#giveUp())
  }

  /** Whoever has the next turn finds out whether the stream is still there. */
  #giveUp(): void {
    const { session, confirmed, topic } = this.#options
    session.topics.forget(topic)
    void session.drop(confirmed.channel)
  }

  get #stream(): RabbitStream {
    return this.#options.session.stream(this.#options.topic, this.#options.partition)
  }
}
