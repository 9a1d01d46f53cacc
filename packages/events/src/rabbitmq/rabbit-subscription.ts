import { type Platform, delay } from '@holon/contract'
import type { AsyncMessage, Channel } from 'rabbitmq-client'

import type { BusSubscription, Delivery, SubscribeOptions } from '../bus.ts'
import { type Beat, Members } from '../partitions/members.ts'
import { patience } from '../partitions/patience.ts'
import type { Control } from './partition-notes.ts'
import { RabbitPartition } from './rabbit-partition.ts'
import { RabbitPositions } from './rabbit-positions.ts'
import type { RabbitSession } from './rabbit-session.ts'

export interface RabbitSubscriptionOptions extends SubscribeOptions {
  readonly session: RabbitSession
  readonly platform: Platform
  readonly self: string
  readonly deliver: (delivery: Delivery) => void
}

/** What members tell each other beside their beats. */
type Talk =
  | { readonly beat: Beat }
  | { readonly applied: string; readonly key: string }
  | { readonly ask: string }
  | { readonly answer: string; readonly key: string; readonly lag: number; readonly paused?: boolean }

/** How long a member that gave a partition away waits before it stands in line again. */
const restMs = 1000
const retryMs = 200

/** A member of a subscription. The broker says who has which partition; beats only even that out. */
export class RabbitSubscription implements BusSubscription {
  readonly #options: RabbitSubscriptionOptions
  readonly #members: Members
  readonly #ending = new AbortController()
  readonly #moving = new Set<RabbitPartition>()
  readonly #listeners = new Set<(talk: Talk) => void>()
  readonly #talking: Promise<void>
  #partitions: readonly RabbitPartition[] = []
  #channel: Channel | undefined
  #closed: Promise<void> | undefined

  private constructor(options: RabbitSubscriptionOptions) {
    const { platform, self, topics } = options
    this.#options = options
    this.#members = new Members({
      platform,
      self,
      describe: () => ({ topics, control: 0, holds: this.#held() }),
      send: (beat) => this.#tell({ beat }),
      onChange: () => this.#spread(),
    })
    this.#talking = this.#talk()
  }

  static async open(options: RabbitSubscriptionOptions): Promise<RabbitSubscription> {
    const subscription = new RabbitSubscription(options)
    try {
      await subscription.#open()
      return subscription
    } catch (error) {
      await subscription.close()
      throw error
    }
  }

  async lag(): Promise<number> {
    return (await this.#ask()).reduce((sum, { lag }) => sum + lag, 0)
  }

  async paused(): Promise<boolean> {
    return (await this.#ask()).some(({ paused }) => paused)
  }

  pause(): Promise<void> {
    return this.#change({ id: this.#options.session.newId(), paused: true })
  }

  resume(): Promise<void> {
    return this.#change({ id: this.#options.session.newId(), paused: false })
  }

  rewind(to: 'start' | { readonly timeMs: number }): Promise<void> {
    return this.#change({ id: this.#options.session.newId(), to })
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #open(): Promise<void> {
    const { session, platform, topics, subscription, start, window, deliver, ephemeral = false } = this.#options
    const positions = ephemeral ? undefined : new RabbitPositions(session)
    await Promise.all(topics.map((topic) => session.topics.get(topic)))
    this.#partitions = topics.flatMap((topic) =>
      Array.from({ length: session.partitions }, (_, partition) => {
        const queue = `${session.prefix}.notes.${subscription}.${topic}.${partition}`
        const onApplied = (applied: string): void => this.#tellAll({ applied, key: queue })
        const onHeld = (): void => this.#members.announce()
        return new RabbitPartition({
          ...{ session, platform, topic, partition, queue, start, window, positions, deliver, onHeld, onApplied },
        })
      }),
    )
    // A partition that somebody has, has a state: from here on nothing is missed.
    await this.#gather(() => this.#areAllHeld())
  }

  /** Asks the owner of each partition. */
  async #ask(): Promise<readonly Extract<Talk, { readonly answer: string }>[]> {
    const id = this.#options.session.newId()
    const answers = new Map<string, Extract<Talk, { readonly answer: string }>>()
    await this.#gather(
      (talk) => {
        if ('answer' in talk && talk.answer === id) answers.set(talk.key, talk)
        return answers.size === this.#partitions.length
      },
      () => {
        this.#tell({ ask: id })
        this.#answer(id)
      },
    )
    return [...answers.values()]
  }

  #areAllHeld(): boolean {
    const held = new Set([...this.#held(), ...this.#members.others.flatMap(({ holds }) => holds)])
    return this.#partitions.every(({ key }) => held.has(key))
  }

  #held(): readonly string[] {
    return this.#partitions.filter(({ held }) => held).map(({ key }) => key)
  }

  /** Gives away what another member should have. */
  #spread(): void {
    for (const partition of this.#partitions) {
      if (!partition.held || this.#moving.has(partition)) continue
      if (this.#members.shouldHold(partition.topic, partition.number) === this.#options.self) continue
      this.#moving.add(partition)
      const drain = patience(this.#options.platform, this.#ending.signal)
      void partition.release(drain, restMs).finally(() => this.#moving.delete(partition))
    }
  }

  async #change(control: Control): Promise<void> {
    const { session } = this.#options
    const applied = new Set<string>()
    const channel = await session.acquire()
    const body = Buffer.from(JSON.stringify({ kind: 'control', ...control }))
    const notes = this.#partitions.map(({ key }) => {
      return { envelope: { routingKey: key, durable: true, mandatory: true } as const, body }
    })
    try {
      const confirmed = await session.confirmed(channel)
      let published: Promise<void> | undefined
      const done = this.#gather(
        (talk) => {
          if ('applied' in talk && talk.applied === control.id) applied.add(talk.key)
          return applied.size === this.#partitions.length
        },
        () => (published = session.within(confirmed.publish(notes))),
      )
      await Promise.all([published, done])
    } finally {
      await session.drop(channel)
    }
  }

  /** Listens to what members say until it is enough. Rejects when that takes longer than a request may. */
  async #gather(isEnough: (talk: Talk) => boolean, begin: () => unknown = () => undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const listener = (talk: Talk): void => {
      if (isEnough(talk)) resolve()
    }
    this.#listeners.add(listener)
    try {
      begin()
      await this.#options.session.within(promise)
    } finally {
      this.#listeners.delete(listener)
    }
  }

  #hear(talk: Talk): void {
    if ('beat' in talk) this.#members.hear(talk.beat)
    else if ('ask' in talk) this.#answer(talk.ask)
    for (const listener of this.#listeners) listener(talk)
  }

  #answer(answer: string): void {
    for (const partition of this.#partitions.filter(({ held }) => held)) {
      partition.lag().then(
        (lag) => this.#tellAll({ answer, key: partition.key, lag, paused: partition.paused }),
        // Whoever asked hears nothing and says so.
        () => undefined,
      )
    }
  }

  #tellAll(talk: Talk): void {
    this.#tell(talk)
    for (const listener of this.#listeners) listener(talk)
  }

  #tell(talk: Talk): void {
    const { session, subscription, self } = this.#options
    if ('beat' in talk) for (const listener of this.#listeners) listener(talk)
    if (this.#channel?.active !== true) return
    // Not confirmed: beats are said again each second, and whoever waits for another word gives up in time.
    const envelope = { exchange: session.memberExchange, routingKey: subscription, appId: self }
    this.#channel.basicPublish(envelope, Buffer.from(JSON.stringify(talk))).catch(() => undefined)
  }

  /** Keeps this member in the conversation, over lost connections. */
  async #talk(): Promise<void> {
    const { session, platform } = this.#options
    while (!this.#ending.signal.aborted) {
      try {
        await this.#converse(await session.acquire())
      } catch {
        // Not connected: nobody to talk to.
      }
      await delay(platform, retryMs, this.#ending.signal).catch(() => undefined)
    }
  }

  async #converse(channel: Channel): Promise<void> {
    const { session, subscription, self } = this.#options
    const closed = new Promise<void>((resolve) => channel.once('close', resolve))
    try {
      const { memberExchange: exchange } = session
      const { queue } = await session.within(channel.queueDeclare({ exclusive: true, autoDelete: true }))
      await session.within(channel.exchangeDeclare({ exchange, type: 'direct', durable: true }))
      await session.within(channel.queueBind({ queue, exchange, routingKey: subscription }))
      const consume = channel.basicConsume({ queue, noAck: true }, ({ appId, body }: AsyncMessage) => {
        if (appId !== self) this.#hear(JSON.parse(Buffer.from(body as Uint8Array).toString()) as Talk)
      })
      await session.within(consume)
      this.#channel = channel
      this.#members.start()
      if (!this.#ending.signal.aborted) await closed
    } finally {
      this.#channel = undefined
      this.#members.stop()
      await session.drop(channel)
    }
  }

  async #close(): Promise<void> {
    const { ephemeral = false } = this.#options
    await Promise.all(this.#partitions.map((partition) => partition.close()))
    if (ephemeral && this.#members.others.length === 0) await this.#forget().catch(() => undefined)
    this.#members.leave()
    this.#ending.abort()
    await this.#options.session.drop(this.#channel)
    await this.#talking
  }

  async #forget(): Promise<void> {
    const channel = await this.#options.session.acquire()
    await Promise.all(this.#partitions.map(({ key }) => channel.queueDelete({ queue: key })))
    await this.#options.session.drop(channel)
  }
}
