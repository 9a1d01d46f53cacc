import { type Deadline, inTime } from '@holon/contract'
import type { ConsumerMessages, JsMsg } from '@nats-io/jetstream'

import type { BusMessage, Delivery } from '../bus.ts'
import { natsBinary, unpackMessage } from '../partitions/binary-mode.ts'
import { Lane } from '../partitions/lane.ts'
import { isElsewhere, placeIn, policy } from './nats-place.ts'
import { type ControlRecord, emptyRecord, isConflict, type PartitionRecord, readRecord } from './nats-records.ts'
import type { NatsSession, StartPolicy, Topic } from './nats-session.ts'

export interface NatsPartitionOptions {
  readonly session: NatsSession
  readonly self: string
  readonly topic: Topic
  readonly partition: number
  /** Key of its record. */
  readonly key: string
  readonly window: number
  readonly deliver: (delivery: Delivery) => void
  readonly control: () => ControlRecord
  readonly isGone: (member: string) => boolean
  readonly onProgress: () => void
}

const longestPull = 500
/** When two have not come, the client asks whether its consumer is still there. */
const heartbeatMs = 2_000
/** After these, the client's consumer is not the one that was begun any more. */
const isLoss: ReadonlySet<string> = new Set(['reset', 'consumer_deleted', 'consumer_not_found', 'stream_not_found'])

/** A partition of a subscription, as one member sees it: held by this member, or by another. */
export class NatsPartition {
  readonly #options: NatsPartitionOptions
  #lane: Lane | undefined
  #messages: ConsumerMessages | undefined
  #record: PartitionRecord | undefined
  /** When the stream was made that is read. */
  #stream: string | undefined
  #revision = 0
  #seen = 0
  #dirty = false
  /** The record may name this member. It may do so without its having the partition: when the connection was lost. */
  #named = false
  #writing: Promise<void> = Promise.resolve()

  constructor(options: NatsPartitionOptions) {
    this.#options = options
  }

  get key(): string {
    return this.#options.key
  }

  get topic(): string {
    return this.#options.topic.name
  }

  get number(): number {
    return this.#options.partition
  }

  get held(): boolean {
    return this.#lane !== undefined
  }

  /** Makes the record of a subscription that is new. */
  async create(place: PartitionRecord['place']): Promise<void> {
    const record: PartitionRecord = { owner: null, place, ahead: 0, rewound: this.#options.control().rewound }
    await this.#options.session.state.create(this.key, JSON.stringify(record)).catch((error: unknown) => {
      if (!isConflict(error)) throw error
    })
  }

  /** Takes the partition if nobody has it who is there. */
  async claim(): Promise<void> {
    const { session, self, isGone } = this.#options
    const entry = await session.state.get(this.key)
    if (entry === null || entry.operation !== 'PUT' || this.held) return
    const record = readRecord(entry)
    if (record.owner !== null && record.owner !== self && !isGone(record.owner)) return
    this.#revision = entry.revision
    // Whoever was here and has not left in order may have had any of them.
    const lent = record.owner === null || record.owner === self ? record.lent : await session.head(this.#options.topic)
    this.#seen = Math.max(this.#seen, lent ?? 0)
    await this.#begin({ ...record, owner: self })
  }

  /** Stops reading a stream in whose place another one is known by now. Who reads is not always told (seen with 2.9). */
  async leaveDeleted(): Promise<void> {
    if (!this.held) return
    const { session, topic } = this.#options
    const { created } = await session.topics.get(topic.name)
    if (created !== this.#stream) this.suspend()
  }

  /** Goes to the place of the last rewind, if it has not yet. */
  async rewind(): Promise<void> {
    const record = this.#record
    if (!this.held || record === undefined || record.rewound >= this.#options.control().rewound) return
    this.suspend()
    // Who had it lives, and is done with it.
    this.#seen = 0
    await this.#begin(record)
  }

  setPaused(paused: boolean): void {
    this.#lane?.setPaused(paused)
  }

  /** Stores how far it is. Losing the partition that way is how a member learns that it was taken for gone. */
  async flush(): Promise<void> {
    const lane = this.#lane
    if (!this.#dirty || lane === undefined) return
    this.#dirty = false
    try {
      await this.#write((record) => ({ ...record, ...this.#progressOf(lane) }))
    } catch (error) {
      if (lane !== this.#lane) return
      this.#dirty = true
      // Whether a write happened is not known when its answer is missing, so all is read again.
      if (isConflict(error) && !(await this.#isStillOurs())) this.suspend()
    }
  }

  /** Lets what is on loan end, as long as `drain` allows, and gives the partition up. */
  async release(drain?: Deadline): Promise<void> {
    const lane = this.#lane
    if (lane === undefined) return
    if (drain !== undefined) await inTime(drain, lane.drained()).catch(() => undefined)
    if (lane !== this.#lane) return
    const progress = this.#progressOf(lane)
    this.suspend()
    await this.#writeOff({ ...progress, lent: this.#seen })
  }

  /**
   * Takes this member's name off a record that still bears it although it does not have the partition any more. Nobody
   * else may claim it before, as long as this member is there.
   */
  async disown(): Promise<void> {
    if (!this.#named || this.held) return
    const entry = await this.#options.session.state.get(this.key)
    if (this.held) return
    if (entry === null || entry.operation !== 'PUT' || readRecord(entry).owner !== this.#options.self) {
      this.#named = false
      return
    }
    this.#record = readRecord(entry)
    this.#revision = entry.revision
    await this.#writeOff({ lent: this.#seen })
  }

  /** Stops without storing anything: the connection is lost, or the partition. */
  suspend(): void {
    const lane = this.#lane
    this.#lane = undefined
    this.#seen = Math.max(this.#seen, lane?.lent ?? 0)
    lane?.revoke()
    this.#messages?.stop()
    this.#messages = undefined
  }

  /** How many messages are not dealt with. */
  async lag(): Promise<number> {
    const { session, topic, partition } = this.#options
    const done = this.#lane?.done
    if (this.#lane !== undefined && done !== undefined) {
      return (await session.pending(topic, partition, policy({ after: done }))) - this.#lane.ahead
    }
    const entry = await session.state.get(this.key)
    if (entry === null) return 0
    const { place, ahead } = readRecord(entry)
    const { created } = await session.topics.get(topic.name)
    const counted = isElsewhere(created, place) ? 0 : ahead
    return (await session.pending(topic, partition, policy(placeIn(created, place)))) - counted
  }

  async #begin(record: PartitionRecord): Promise<void> {
    const { rewound, to, paused } = this.#options.control()
    const moved = record.rewound < rewound && to !== undefined
    const stream = await this.#look()
    const place = placeIn(stream, moved ? (to === 'start' ? { after: 0 } : to) : record.place)
    const isNew = isElsewhere(stream, record.place)
    if (isNew) this.#seen = 0
    const ahead = moved || isNew ? 0 : record.ahead
    this.#named = true
    try {
      await this.#write(() => ({ ...record, place, rewound, ahead, lent: undefined }))
    } catch (error) {
      if (isConflict(error)) return
      throw error
    }
    if (!this.#options.session.connected) return
    const { window, deliver } = this.#options
    const onProgress = (): void => {
      this.#dirty = true
      this.#options.onProgress()
    }
    this.#lane = new Lane({ window, paused, seen: this.#seen, deliver, onProgress })
    void this.#read(this.#lane, policy(place))
  }

  /** Sees to it that the stream is there, and tells when it was made. */
  async #look(): Promise<string> {
    const { session, topic } = this.#options
    session.topics.forget(topic.name)
    return (this.#stream = (await session.topics.get(topic.name)).created)
  }

  async #read(lane: Lane, start: StartPolicy): Promise<void> {
    const { session, topic, partition, window } = this.#options
    try {
      const subject = topic.subject(partition)
      const consumer = await session.streams.consumers.get(topic.stream, { ...start, filter_subjects: subject })
      const messages = await consumer.consume({
        max_messages: Math.min(Math.max(window, 10), longestPull),
        idle_heartbeat: heartbeatMs,
      })
      if (lane !== this.#lane) {
        messages.stop()
        return
      }
      this.#messages = messages
      void this.#watch(lane, messages)
      for await (const message of messages) {
        if (lane.full) await lane.room()
        if (lane.revoked) break
        lane.take({ position: message.seq, message: toBusMessage(topic.name, message) })
      }
      await consumer.delete()
    } catch {
      // The connection or the stream is gone: the partition is begun again when the members look next.
    }
    if (lane === this.#lane) this.suspend()
  }

  /** What the client does by itself when its consumer is gone is to go on after the last number, also in another stream. */
  async #watch(lane: Lane, messages: ConsumerMessages): Promise<void> {
    for await (const { type } of messages.status()) if (lane === this.#lane && isLoss.has(type)) this.suspend()
  }

  #progressOf({ done, ahead }: Lane): Partial<PartitionRecord> {
    if (done === undefined) return {}
    return { place: { after: done, ...(this.#stream !== undefined && { stream: this.#stream }) }, ahead }
  }

  async #writeOff(progress: Partial<PartitionRecord>): Promise<void> {
    await this.#write((record) => ({ ...record, ...progress, owner: null })).catch((error: unknown) => {
      if (!isConflict(error)) throw error
    })
    this.#named = this.held
  }

  async #isStillOurs(): Promise<boolean> {
    const entry = await this.#options.session.state.get(this.key).catch(() => null)
    if (entry === null || readRecord(entry).owner !== this.#options.self) return false
    this.#revision = entry.revision
    return true
  }

  /** One write after the other, each on top of the one before. */
  #write(change: (record: PartitionRecord) => PartitionRecord): Promise<void> {
    const write = async (): Promise<void> => {
      const record = change(this.#record ?? emptyRecord)
      this.#revision = await this.#options.session.state.update(this.key, JSON.stringify(record), this.#revision)
      this.#record = record
    }
    const written = this.#writing.then(write)
    this.#writing = written.catch(() => undefined)
    return written
  }
}

function toBusMessage(topic: string, { headers, data, seq, timestampNanos }: JsMsg): BusMessage {
  const found: [string, string][] = []
  for (const [name, [value = '']] of headers ?? []) found.push([name, value])
  const timeMs = Number(timestampNanos / 1_000_000n)
  return unpackMessage({ topic, headers: found, fallbackId: `${topic}-${seq}`, body: data, timeMs }, natsBinary)
}
