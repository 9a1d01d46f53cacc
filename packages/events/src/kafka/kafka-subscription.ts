import { delay, randomId } from '@holon/contract'

import { type BusSubscription, type Delivery, notRevoked, revokeWithinMs, type SubscribeOptions } from '../bus.ts'
import type { ControlLog } from './control-log.ts'
import { GroupMember } from './group-member.ts'
import { GroupOffsets } from './group-offsets.ts'
import { type Holding, Holdings } from './holdings.ts'
import type { KafkaSession, Place } from './kafka-session.ts'
import { KnownTopics } from './known-topics.ts'
import { PartitionReader } from './partition-reader.ts'

export interface KafkaSubscriptionOptions extends SubscribeOptions {
  readonly session: KafkaSession
  readonly control: ControlLog
  readonly deliver: (delivery: Delivery) => void
}

interface Rewind {
  readonly id: string
  readonly to: 'start' | { readonly timeMs: number }
}

const joinMs = 30_000

/**
 * A member of a subscription, which is a consumer group. Kafka says who has which partition; whenever that changes,
 * all that is on loan is revoked before this member agrees to it.
 */
export class KafkaSubscription implements BusSubscription {
  readonly #options: KafkaSubscriptionOptions
  readonly #ending = new AbortController()
  readonly #group: string
  readonly #holdings: Holdings
  readonly #offsets: GroupOffsets
  readonly #member: GroupMember
  readonly #known: KnownTopics
  readonly #unwatch: () => void
  #reader: PartitionReader | undefined
  /** Counts assignments; what belongs to an older one stops. */
  #round = 0
  #resuming: Promise<void> = Promise.resolve()
  #closed: Promise<void> | undefined

  private constructor(options: KafkaSubscriptionOptions) {
    const { session, control, subscription, topics, window, deliver } = options
    this.#options = options
    this.#group = `${session.prefix}.${subscription}`
    this.#holdings = new Holdings({
      ...{ window, deliver },
      isPaused: () => this.#isPaused(),
      onProgress: () => this.#offsets.commitSoon(),
    })
    this.#offsets = new GroupOffsets({
      ...{ session, topics, signal: this.#ending.signal },
      member: () => this.#member.client,
      holdings: () => this.#holdings.all,
    })
    this.#known = new KnownTopics({
      ...{ session, control },
      key: ({ topic, partition }) => this.#key(`topic/${topic}/${partition}`),
    })
    this.#unwatch = control.watch((key) => this.#onControl(key))
    this.#member = new GroupMember({
      ...{ session, topics, group: this.#group },
      onAssigned: (places) => this.#begin(places),
      onRevoked: () => this.#revoke(),
      onLeave: () => this.#offsets.commit(),
    })
  }

  static async open(options: KafkaSubscriptionOptions): Promise<KafkaSubscription> {
    const { session, topics } = options
    for (const topic of topics) await session.within(session.topics.get(topic))
    await session.within(options.control.upToDate())
    const subscription = new KafkaSubscription(options)
    try {
      await session.within(subscription.#placed(), joinMs)
      return subscription
    } catch (error) {
      await subscription.close()
      throw error
    }
  }

  lag(): Promise<number> {
    return this.#offsets.lag((place) => this.#holdings.find(place))
  }

  async pause(): Promise<void> {
    await this.#options.control.put([[this.#key('paused'), true]])
  }

  async resume(): Promise<void> {
    await this.#options.control.put([[this.#key('paused'), false]])
  }

  async paused(): Promise<boolean> {
    await this.#options.control.upToDate()
    return this.#isPaused()
  }

  async rewind(to: 'start' | { readonly timeMs: number }): Promise<void> {
    const { session, control, topics } = this.#options
    const { platform } = session.options
    const id = randomId(platform, 9)
    await control.put([[this.#key('rewind'), { id, to } satisfies Rewind]])
    const counts = await Promise.all(topics.map((topic) => session.topics.get(topic)))
    const places = topics.flatMap((topic, at) =>
      Array.from({ length: counts[at] ?? 0 }, (_, partition) => ({ topic, partition })),
    )
    const endMs = platform.monotonicMs() + revokeWithinMs
    while (places.some((place) => control.get(this.#rewoundKey(place)) !== id)) {
      if (platform.monotonicMs() > endMs) throw notRevoked(this.#options.subscription)
      await delay(platform, 10)
    }
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  #key(what: string): string {
    return `${this.#options.subscription}/${what}`
  }

  #rewoundKey({ topic, partition }: Place): string {
    return this.#key(`applied/${topic}/${partition}`)
  }

  #onControl(key: string): void {
    if (key === this.#key('paused')) this.#holdings.setPaused(this.#isPaused())
    else if (key === this.#key('rewind')) this.#resume(this.#round).catch(() => this.#member.restart())
  }

  #isPaused(): boolean {
    return this.#options.control.get(this.#key('paused')) === true
  }

  #revoke(): void {
    this.#round += 1
    this.#reader?.close()
    this.#reader = undefined
    // What is stored now spares the next owner work; the group waits for its members.
    this.#offsets.commit().catch(() => undefined)
    this.#holdings.revoke()
  }

  /** Has partitions now: finds out where to go on in each, and reads. */
  async #begin(places: readonly Place[]): Promise<void> {
    const { session, start, ephemeral = false } = this.#options
    this.#revoke()
    const round = this.#round
    if (places.length === 0) return
    const topics = [...new Set(places.map(({ topic }) => topic))]
    const ids = await this.#known.look(topics)
    // Before looking for what is stored: whoever finds nothing must not begin after what came since.
    const [earliest, latest] = [await session.offsets(topics, 'earliest'), await session.offsets(topics, 'latest')]
    const stored = await this.#offsets.stored()
    if (round !== this.#round) return
    this.#holdings.take(
      places.map((place) => {
        const at = (offsets: Map<string, bigint[]>): bigint => offsets.get(place.topic)?.[place.partition] ?? -1n
        const committed = ids.isOther(place) ? -1 : Number(at(stored))
        // What is no longer kept cannot be read. Where the offset is lost that once was, all that is kept is read.
        const kept = Number(at(earliest))
        const fresh = start === 'new' && ids.isNew(place) ? Number(at(latest)) : kept
        // How far those came who had it before, the group does not know.
        const seen = committed >= 0 ? Number(at(latest)) - 1 : -1
        return { ...place, next: committed >= 0 ? Math.max(committed, kept) : fresh, committed, seen }
      }),
    )
    await this.#offsets.commit()
    // One that ends with its members leaves nothing behind.
    if (!ephemeral) await ids.keep(places)
    await this.#resume(round)
  }

  /** One after the other: a rewind may be told while partitions are being taken. */
  #resume(round: number): Promise<void> {
    const resumed = this.#resuming.then(() => this.#resumeNow(round))
    this.#resuming = resumed.catch(() => undefined)
    return resumed
  }

  /** Reads on, after the last rewind was carried out in each partition that has not seen it yet. */
  async #resumeNow(round: number): Promise<void> {
    const { control, session } = this.#options
    if (round !== this.#round || this.#holdings.all.length === 0) return
    // What members write under this key.
    const rewind = control.get(this.#key('rewind')) as Rewind | undefined
    const due = this.#holdings.all.filter((place) => rewind && control.get(this.#rewoundKey(place)) !== rewind.id)
    if (due.length === 0 && this.#reader !== undefined) return
    this.#reader?.close()
    if (rewind !== undefined && due.length > 0) {
      for (const { lane } of due) lane.revoke()
      await this.#rewindTo(rewind.to, due, round)
      if (round !== this.#round) return
    }
    const onFailure = (): void => this.#member.restart()
    this.#reader = new PartitionReader({ session, holdings: this.#holdings.all, onFailure })
    if (rewind !== undefined) await control.put(due.map((place) => [this.#rewoundKey(place), rewind.id]))
  }

  async #rewindTo(to: Rewind['to'], due: readonly Holding[], round: number): Promise<void> {
    const { session } = this.#options
    const topics = [...new Set(due.map(({ topic }) => topic))]
    const ends = await session.offsets(topics, 'latest')
    const targets = await session.offsets(topics, to === 'start' ? 'earliest' : to.timeMs)
    if (round !== this.#round) return
    for (const holding of due) {
      const target = Number(targets.get(holding.topic)?.[holding.partition] ?? -1n)
      this.#holdings.move(holding, target >= 0 ? target : Number(ends.get(holding.topic)?.[holding.partition] ?? 0n))
    }
    await this.#offsets.commit()
  }

  /** Resolves once all partitions have a stored offset: nothing that is published from then on is missed. */
  async #placed(): Promise<void> {
    const { session, topics } = this.#options
    while (!this.#ending.signal.aborted) {
      const stored = await this.#offsets.stored().catch(() => undefined)
      const complete = topics.every((topic) => stored?.get(topic)?.every((offset) => offset >= 0n) === true)
      if (complete && this.#member.client?.isActive() === true) return
      await delay(session.options.platform, 10)
    }
  }

  async #close(): Promise<void> {
    const { ephemeral = false, session } = this.#options
    this.#unwatch()
    this.#ending.abort()
    await this.#member.close()
    if (ephemeral) await session.deleteGroup(this.#group).catch(() => undefined)
  }
}
