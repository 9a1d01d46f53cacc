import { isServiceError, type Platform, randomId, ServiceError, type Timer } from '@holon/contract'

import type { Bus, BusMessage, BusSubscription, Delivery } from './bus.ts'
import type { Follower } from './follower.ts'
import { unavailable } from './unavailable.ts'

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
  readonly #options: FollowedTopicOptions
  readonly #followers = new Map<string | undefined, Set<Follower>>()
  #subscription: BusSubscription | undefined
  #lingering: Timer | undefined
  #left = false

  constructor(options: FollowedTopicOptions) {
    this.#options = options
    void this.#join()
  }

  add(follower: Follower): void {
    this.#lingering?.cancel()
    const { key } = follower
    const others = this.#followers.get(key)
    if (others === undefined) this.#followers.set(key, new Set([follower]))
    else others.add(follower)
    if (this.#subscription !== undefined) follower.joined()
  }

  /** Idempotent. */
  remove(follower: Follower): void {
    const followers = this.#followers.get(follower.key)
    if (followers?.delete(follower) !== true) return
    if (followers.size === 0) this.#followers.delete(follower.key)
    this.#lingerIfAlone()
  }

  /** Leaves, and ends all followers. Idempotent. */
  async close(): Promise<void> {
    if (this.#left) return
    this.#end(stopping())
    await this.#leave()
  }

  async #join(): Promise<void> {
    const { id, bus, platform } = this.#options
    const subscription = `follow-${randomId(platform, 9)}`
    const options = { subscription, topics: [id], start: 'new', window, ephemeral: true } as const
    try {
      this.#subscription = await bus.subscribe(options, (delivery) => this.#take(delivery))
    } catch (error) {
      // Who follows it next tries again.
      return this.#end(isServiceError(error) ? error : unavailable(`${id} cannot be followed`, error))
    }
    // A bus may answer when nobody waits for it any more.
    if (this.#left) return this.#leave()
    for (const follower of this.#all()) follower.joined()
    this.#lingerIfAlone()
  }

  #end(reason: ServiceError): void {
    this.#left = true
    this.#lingering?.cancel()
    this.#options.onLeft()
    for (const follower of this.#all()) follower.end(reason)
  }

  #all(): readonly Follower[] {
    return Array.from(this.#followers.values(), (followers) => [...followers]).flat()
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
    if (this.#followers.size > 0 || this.#subscription === undefined || this.#left) return
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

/** What nothing can be followed for any more. */
export function stopping(): ServiceError {
  return new ServiceError('unavailable', 'The service is stopping, so nothing is followed.', { mayHaveRun: false })
}
