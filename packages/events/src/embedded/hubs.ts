import { inTime, type Platform, ServiceError, type Timer } from '@holon/contract'

import { type BusMessage, notRevoked, revokeWithinMs, type SubscribeOptions } from '../bus.ts'
import { busClosed } from '../unavailable.ts'
import { Hub, type Member } from './hub.ts'
import type { MessageLog, SubscriptionState } from './message-log.ts'

export interface HubsOptions {
  readonly log: MessageLog
  readonly platform: Platform
  /** How long messages are kept after every subscription has dealt with them. Default 7 days. */
  readonly retentionMs?: number
  /** Told of what could not be saved or trimmed; it is tried again. */
  readonly onError?: (error: unknown) => void
}

/** What is known of a subscription. */
export interface SubscriptionReport {
  readonly name: string
  readonly topics: readonly string[]
  readonly lag: number
  readonly members: number
  readonly paused: boolean
}

/** A member's place in a subscription. */
export interface Seat {
  readonly hub: Hub
  readonly leave: () => void
}

/** Where {@link Hubs.rewind} goes. */
export type RewindTarget = 'start' | { readonly timeMs: number }

/** How far subscriptions have come is saved this long after it changed: in one go, while much is happening. */
const saveAfterMs = 50
const saveAgainAfterMs = 2_000
const defaultRetentionMs = 7 * 24 * 3_600_000
const trimEveryMs = 60_000

/**
 * The serving side of a bus over a message log: appends what is published, and has one {@link Hub} for each
 * subscription. One process owns the log; others reach it over links.
 */
export class Hubs {
  readonly #log: MessageLog
  readonly #platform: Platform
  readonly #retentionMs: number
  readonly #onError: (error: unknown) => void
  readonly #hubs = new Map<string, Hub>()
  readonly #ephemeral = new Set<string>()
  readonly #unsaved = new Set<string>()
  #timer: Timer | undefined
  #trimming: Timer | undefined
  #closed: Promise<void> | undefined

  constructor({ log, platform, retentionMs = defaultRetentionMs, onError = () => undefined }: HubsOptions) {
    this.#log = log
    this.#platform = platform
    this.#retentionMs = retentionMs
    this.#onError = onError
    const lentUpTo = log.wasClosed ? 0 : log.head
    for (const state of log.subscriptions()) this.#open(state, lentUpTo)
    this.#trimLater(trimEveryMs)
  }

  async publish(messages: readonly BusMessage[]): Promise<void> {
    this.#assertOpen()
    await this.#log.append(messages)
    for (const hub of this.#hubs.values()) hub.wake()
  }

  /** Adds a member; makes the subscription if there is none, durably. Returns what makes it leave. */
  async join(options: SubscribeOptions, member: Member): Promise<Seat> {
    this.#assertOpen()
    const { subscription, topics, start, ephemeral = false } = options
    const known = this.#hubs.get(subscription)
    const cursor = start === 'new' ? this.#log.head : 0
    const hub = known ?? this.#open({ name: subscription, topics, cursor, outstanding: [], paused: false })
    if (ephemeral && known === undefined) this.#ephemeral.add(subscription)
    if (known === undefined || !sameTopics(hub.state.topics, topics)) {
      hub.setTopics(topics)
      this.#saveNow(subscription, known)
    }
    await this.#log.sync()
    this.#assertOpen()
    hub.join(member)
    const leave = (): void => {
      hub.leave(member)
      if (hub.members === 0 && this.#ephemeral.delete(subscription)) this.forget(subscription)
    }
    return { hub, leave }
  }

  /** All subscriptions, those without members too. */
  reports(): readonly SubscriptionReport[] {
    return [...this.#hubs.values()].map((hub) => {
      const { name, topics, paused } = hub.state
      return { name, topics, paused, lag: hub.lag, members: hub.members }
    })
  }

  async setPaused(subscription: string, paused: boolean): Promise<void> {
    this.#get(subscription).setPaused(paused)
    this.#save(subscription)
    await this.#log.sync()
  }

  isPaused(subscription: string): boolean {
    return this.#get(subscription).state.paused
  }

  async rewind(subscription: string, to: RewindTarget): Promise<void> {
    const known = this.#get(subscription).moveTo(to === 'start' ? 0 : this.#log.placeBefore(to.timeMs))
    this.#save(subscription)
    await this.#log.sync()
    const timeoutError = (): Error => notRevoked(subscription)
    await inTime({ platform: this.#platform, timeoutMs: revokeWithinMs, timeoutError }, known)
  }

  lag(subscription: string): number {
    return this.#get(subscription).lag
  }

  /** Removes a subscription for good. */
  forget(subscription: string): void {
    this.#hubs.delete(subscription)
    this.#unsaved.delete(subscription)
    this.#log.forget(subscription)
  }

  /** Saves what is not saved yet and closes the log. Idempotent. */
  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    this.#trimming?.cancel()
    this.#trySaving()
    this.#timer?.cancel()
    await this.#log.close()
  }

  #open(state: SubscriptionState, lentUpTo = 0): Hub {
    const { name } = state
    const hub = new Hub({ log: this.#log, state, lentUpTo, onChange: () => this.#saveSoon(name) })
    this.#hubs.set(name, hub)
    return hub
  }

  #get(subscription: string): Hub {
    this.#assertOpen()
    const hub = this.#hubs.get(subscription)
    if (hub) return hub
    throw new ServiceError('not_found', `There is no subscription '${subscription}'.`)
  }

  #saveSoon(name: string, delayMs = saveAfterMs): void {
    this.#unsaved.add(name)
    this.#timer ??= this.#platform.setTimer(() => this.#trySaving(), delayMs).unref()
  }

  /** Nothing is lost when it fails (a full disk): what was dealt with is delivered again after a restart. */
  #trySaving(): void {
    try {
      this.#saveAll()
    } catch (error) {
      this.#onError(error)
    }
  }

  #saveAll(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const names = [...this.#unsaved]
    // An ephemeral one that was saved would outlive a process that is killed, and hold back what it has not dealt with.
    const hubs = names.flatMap((name) => (this.#ephemeral.has(name) ? [] : (this.#hubs.get(name) ?? [])))
    this.#unsaved.clear()
    try {
      if (hubs.length > 0) this.#log.save(hubs.map((hub) => hub.state))
    } catch (error) {
      for (const name of names) this.#saveSoon(name, saveAgainAfterMs)
      throw error
    }
  }

  /** A subscription that could not be saved must not be: whoever joined it would not be missed after a crash. */
  #saveNow(name: string, known: Hub | undefined): void {
    try {
      this.#save(name)
    } catch (error) {
      if (known === undefined) {
        this.#hubs.delete(name)
        this.#unsaved.delete(name)
        this.#ephemeral.delete(name)
      }
      throw error
    }
  }

  #save(name: string): void {
    this.#unsaved.add(name)
    this.#saveAll()
  }

  /** In steps, with the event loop between them. What a subscription still needs is kept however old it is. */
  #trimLater(delayMs: number): void {
    this.#trimming = this.#platform
      .setTimer(
        () => {
          if (this.#closed) return
          this.#trimLater(this.#trim() > 0 ? 20 : trimEveryMs)
        },
        delayMs,
        'upkeep',
      )
      .unref()
  }

  #trim(): number {
    const needed = [...this.#hubs.values()].map((hub) => hub.keepFrom)
    try {
      return this.#log.trim(Math.min(Infinity, ...needed), this.#platform.now() - this.#retentionMs)
    } catch (error) {
      this.#onError(error)
      return 0
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw busClosed()
  }
}

function sameTopics(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((topic) => other.includes(topic))
}
