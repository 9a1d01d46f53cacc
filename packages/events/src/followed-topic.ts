import { type Platform, ServiceError, type Timer } from '@holon/contract'

import type { Bus, BusMessage, BusSubscription, Delivery } from './bus.ts'
import type { Follower } from './follower.ts'

export interface FollowedTopicOptions {
  readonly id: string
  readonly bus: Bus
  readonly platform: Platform
  readonly onFault: (error: unknown) => void
  /** It is of no use any more. */
  readonly onLeft: () => void
}

const window = 1_000
/** A page that is loaded again follows again. */
const lingerMs = 5_000

/**
 * One topic, for all who follow it in this process, by their keys. joining → joined → (nobody follows it: lingering) → left.
 */
export class FollowedTopic {
  /** Rejects when it cannot be joined. */
  readonly joined: Promise<void>
  readonly #options: FollowedTopicOptions
  readonly #followers = new Map<string | undefined, Set<Follower>>()
  readonly #left = Promise.withResolvers<never>()
  #subscription: BusSubscription | undefined
  #lingering: Timer | undefined
  #closed = false

  constructor(options: FollowedTopicOptions) {
    this.#options = options
    this.#left.promise.catch(() => undefined)
    this.joined = Promise.race([this.#join(), this.#left.promise])
    this.joined.catch(() => undefined)
  }

  add(follower: Follower): void {
    this.#lingering?.cancel()
    const { key } = follower
    const others = this.#followers.get(key)
    if (others === undefined) this.#followers.set(key, new Set([follower]))
    else others.add(follower)
  }

  /** Idempotent. */
  remove(follower: Follower): void {
    const followers = this.#followers.get(follower.key)
    if (followers?.delete(follower) !== true) return
    if (followers.size === 0) this.#followers.delete(follower.key)
    this.#lingerIfAlone()
  }

  /** Ends all followers, and leaves. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#left.reject(
      new ServiceError('unavailable', `${this.#options.id} is not followed any more: the service is stopping.`),
    )
    this.#options.onLeft()
    for (const followers of this.#followers.values()) for (const follower of followers) follower.end()
    this.#lingering?.cancel()
    await this.#leave()
  }

  async #join(): Promise<void> {
    const { id, bus, platform, onLeft } = this.#options
    const subscription = `follow-${Buffer.from(platform.randomBytes(9)).toString('hex')}`
    const options = { subscription, topics: [id], start: 'new', window, ephemeral: true } as const
    try {
      this.#subscription = await bus.subscribe(options, (delivery) => this.#take(delivery))
    } catch (error) {
      // Who follows it next tries again.
      onLeft()
      throw error
    }
    // A bus may answer when nobody waits for it any more.
    if (this.#closed) await this.#leave()
    else this.#lingerIfAlone()
  }

  #take(delivery: Delivery): void {
    const { message, redelivered } = delivery
    delivery.ack()
    // Somebody here may have had it already, and later ones, too.
    if (redelivered) return
    this.#give(message, message.key)
    this.#give(message, undefined)
  }

  #give(message: BusMessage, key: string | undefined): void {
    const followers = this.#followers.get(key)
    if (followers) for (const follower of followers) follower.push(message)
  }

  #lingerIfAlone(): void {
    if (this.#followers.size > 0 || this.#subscription === undefined || this.#closed) return
    this.#lingering?.cancel()
    this.#lingering = this.#options.platform.setTimer(() => void this.close(), lingerMs).unref()
  }

  async #leave(): Promise<void> {
    try {
      await this.#subscription?.close()
    } catch (error) {
      this.#options.onFault(error)
    }
  }
}
