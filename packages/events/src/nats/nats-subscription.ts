import { delay, type Platform, type Timer } from '@holon/contract'
import type { Subscription } from '@nats-io/transport-node'

import { type BusSubscription, type Delivery, notRevoked, revokeWithinMs, type SubscribeOptions } from '../bus.ts'
import { encodeName } from '../partitions/encode-name.ts'
import { type Beat, Members } from '../partitions/members.ts'
import { patience } from '../partitions/patience.ts'
import { NatsPartition } from './nats-partition.ts'
import { type ControlRecord, isConflict } from './nats-records.ts'
import type { NatsSession } from './nats-session.ts'

export interface NatsSubscriptionOptions extends SubscribeOptions {
  readonly session: NatsSession
  readonly platform: Platform
  readonly self: string
  readonly deliver: (delivery: Delivery) => void
}

const flushMs = 100
const controlMs = 2000

/**
 * A member of a subscription. Each partition's record in the bucket says who has it and how far it is; it is written
 * with the revision that was read, so that two members never both have it. Beats only say when to look.
 */
export class NatsSubscription implements BusSubscription {
  readonly #options: NatsSubscriptionOptions
  readonly #members: Members
  readonly #name: string
  readonly #controlKey: string
  readonly #ending = new AbortController()
  readonly #moving = new Set<NatsPartition>()
  #partitions: readonly NatsPartition[] = []
  #control: ControlRecord = { paused: false, control: 0, rewound: 0 }
  #beats: Subscription | undefined
  #unwatch: (() => void) | undefined
  #flushing: Timer | undefined
  #reconciling: Promise<void> | undefined
  #again = false
  #closed: Promise<void> | undefined

  private constructor(options: NatsSubscriptionOptions) {
    const { platform, self, subscription, topics, session } = options
    this.#options = options
    this.#name = encodeName(subscription)
    this.#controlKey = `control.${this.#name}`
    this.#members = new Members({
      platform,
      self,
      describe: () => ({ topics, control: this.#control.control, holds: this.#held() }),
      send: (beat) => {
        if (session.connected) session.connection.publish(this.#subject, JSON.stringify(beat))
      },
      onChange: () => this.#reconcile(),
    })
  }

  static async open(options: NatsSubscriptionOptions): Promise<NatsSubscription> {
    const subscription = new NatsSubscription(options)
    await subscription.#open()
    return subscription
  }

  async lag(): Promise<number> {
    const lags = await Promise.all(this.#partitions.map((partition) => partition.lag()))
    return lags.reduce((sum, lag) => sum + lag, 0)
  }

  async pause(): Promise<void> {
    await this.#change((control) => ({ ...control, paused: true }), controlMs)
  }

  async resume(): Promise<void> {
    await this.#change((control) => ({ ...control, paused: false }), controlMs)
  }

  async paused(): Promise<boolean> {
    const entry = await this.#options.session.state.get(this.#controlKey)
    return entry?.operation === 'PUT' && entry.json<ControlRecord>().paused
  }

  async rewind(to: 'start' | { readonly timeMs: number }): Promise<void> {
    const change = (control: ControlRecord): ControlRecord => ({ ...control, to, rewound: control.control + 1 })
    if (!(await this.#change(change, revokeWithinMs))) throw notRevoked(this.#options.subscription)
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  get #subject(): string {
    return `${this.#options.session.prefix}.members.${this.#name}`
  }

  #held(): readonly string[] {
    return this.#partitions.filter(({ held }) => held).map(({ key }) => key)
  }

  async #open(): Promise<void> {
    const { session } = this.#options
    await this.#readControl()
    this.#partitions = (await Promise.all(this.#options.topics.map((topic) => this.#openTopic(topic)))).flat()
    this.#beats = session.connection.subscribe(this.#subject, {
      callback: (error, message) => {
        if (error === null) this.#hear(message.json<Beat>())
      },
    })
    this.#unwatch = session.watch((connected) => this.#onConnection(connected))
    this.#members.start()
    this.#reconcile()
  }

  async #openTopic(name: string): Promise<readonly NatsPartition[]> {
    const { session, self, window, deliver, start } = this.#options
    // It may have been deleted since it was used last.
    session.topics.forget(name)
    const topic = await session.topics.get(name)
    const after = start === 'new' ? await session.head(topic) : 0
    const partitions = Array.from({ length: topic.partitions }, (_, partition) => {
      const key = `partition.${this.#name}.${encodeName(name)}.${partition}`
      const control = (): ControlRecord => this.#control
      const isGone = (member: string): boolean => this.#members.isGone(member)
      const onProgress = (): void => this.#flushSoon()
      return new NatsPartition({ session, self, topic, partition, key, window, deliver, control, isGone, onProgress })
    })
    await Promise.all(partitions.map((partition) => partition.create({ after, stream: topic.created })))
    return partitions
  }

  #hear(beat: Beat): void {
    this.#members.hear(beat)
    if (beat.control > this.#control.control) void this.#followControl()
  }

  #onConnection(connected: boolean): void {
    if (connected) {
      this.#members.start()
      void this.#followControl()
      return
    }
    // Others will think us gone: what we have may be theirs before we know.
    this.#members.stop()
    for (const partition of this.#partitions) partition.suspend()
  }

  /** Takes and gives partitions until each is where it should be. One pass at a time. */
  #reconcile(): void {
    if (this.#closed || !this.#options.session.connected) return
    if (this.#reconciling) {
      this.#again = true
      return
    }
    this.#reconciling = this.#reconcileOnce()
      .catch(() => undefined) // The next beat tries again.
      .finally(() => {
        this.#reconciling = undefined
        if (this.#again) {
          this.#again = false
          this.#reconcile()
        }
      })
  }

  async #reconcileOnce(): Promise<void> {
    const before = this.#held().length
    const taken = new Set(this.#members.others.flatMap(({ holds }) => holds))
    // Until all have settled, whatever fails: the next pass must find none of them at work.
    await Promise.allSettled(
      this.#partitions.map(async (partition) => {
        const mine = this.#members.shouldHold(partition.topic, partition.number) === this.#options.self
        if (mine) await partition.leaveDeleted()
        if (mine && !partition.held && !taken.has(partition.key)) await partition.claim()
        else if (!mine && partition.held) this.#move(partition)
        else if (!mine) await partition.disown()
      }),
    )
    if (this.#held().length > before) this.#members.announce()
  }

  #move(partition: NatsPartition): void {
    if (this.#moving.has(partition)) return
    this.#moving.add(partition)
    void partition
      .release(patience(this.#options.platform, this.#ending.signal))
      .catch(() => partition.suspend())
      .finally(() => {
        this.#moving.delete(partition)
        this.#members.announce()
      })
  }

  #flushSoon(): void {
    this.#flushing ??= this.#options.platform.setTimer(() => {
      this.#flushing = undefined
      void this.#flush()
    }, flushMs)
  }

  async #flush(): Promise<void> {
    if (!this.#options.session.connected) return
    await Promise.all(this.#partitions.map((partition) => partition.flush().catch(() => undefined)))
  }

  async #readControl(): Promise<number> {
    const { state } = this.#options.session
    const entry = await state.get(this.#controlKey)
    if (entry === null || entry.operation !== 'PUT') {
      return state.create(this.#controlKey, JSON.stringify(this.#control)).catch((error: unknown) => {
        if (isConflict(error)) return this.#readControl()
        throw error
      })
    }
    const control = entry.json<ControlRecord>()
    if (control.control > this.#control.control) this.#control = control
    return entry.revision
  }

  async #followControl(): Promise<void> {
    const before = this.#control.control
    await this.#readControl().catch(() => 0)
    if (this.#control.control !== before) await this.#obey()
  }

  async #obey(): Promise<void> {
    for (const partition of this.#partitions) partition.setPaused(this.#control.paused)
    await Promise.all(this.#partitions.map((partition) => partition.rewind().catch(() => partition.suspend())))
    this.#members.announce()
  }

  /** Stores a change, carries it out here, and resolves to whether the other members have done so too in time. */
  async #change(change: (control: ControlRecord) => ControlRecord, withinMs: number): Promise<boolean> {
    const { session, platform } = this.#options
    for (;;) {
      const revision = await this.#readControl()
      const next = { ...change(this.#control), control: this.#control.control + 1 }
      try {
        await session.state.update(this.#controlKey, JSON.stringify(next), revision)
        this.#control = next
        break
      } catch (error) {
        if (!isConflict(error)) throw error
      }
    }
    const { control } = this.#control
    await this.#obey()
    const endMs = platform.monotonicMs() + withinMs
    while (this.#members.others.some((other) => other.control < control)) {
      if (platform.monotonicMs() > endMs) return false
      await delay(platform, 10)
    }
    return true
  }

  async #close(): Promise<void> {
    const { session, ephemeral = false } = this.#options
    this.#unwatch?.()
    this.#flushing?.cancel()
    this.#ending.abort()
    await this.#reconciling
    await Promise.allSettled(this.#partitions.map((partition) => partition.release()))
    if (ephemeral && this.#members.others.length === 0 && session.connected) await this.#forget()
    this.#members.leave()
    this.#beats?.unsubscribe()
    if (session.connected) await session.connection.flush().catch(() => undefined)
  }

  async #forget(): Promise<void> {
    const keys = [this.#controlKey, `partition.${this.#name}.>`]
    await Promise.allSettled(keys.map((key) => this.#options.session.erase(key)))
  }
}
