import { type ContractEvent, type Platform, ServiceError } from '@holon/contract'

import type { Bus, BusMessage } from './bus.ts'
import { FollowedTopic, stopping } from './followed-topic.ts'
import { type FollowedEvent, Follower } from './follower.ts'

export interface FollowersOptions {
  readonly bus: Bus
  readonly platform: Platform
  /** Told of events that do not match, and of topics that could not be left. Must not throw. */
  readonly onFault: (error: unknown) => void
}

export interface FollowOptions {
  /** Only events with this key. Default: all. */
  readonly key?: string
  /** Ends the iteration quietly. */
  readonly signal?: AbortSignal | undefined
}

/** Kafka takes more than three seconds to let a group begin. */
const joinWithinMs = 10_000

/**
 * All who follow events live in one process. However many they are, each topic is one ephemeral subscription on the bus.
 *
 * - F1: a follower gets an event at most once, those of one key in the order of publishing, from the moment `follow`
 *   resolves. What was published while the bus was away may be missed.
 * - F2: the bus waits for nobody: what it delivers is acknowledged at once, and who is too slow is told so.
 * - F3: an event costs nothing for those who follow other keys.
 */
export class Followers {
  readonly #options: FollowersOptions
  readonly #topics = new Map<string, FollowedTopic>()
  readonly #told = new WeakSet<BusMessage>()
  #closed = false

  constructor(options: FollowersOptions) {
    this.#options = options
  }

  /**
   * Resolves once every event that is published from now on is sure to come. Rejects with `unavailable` when the bus does not
   * answer within ten seconds, or when this is closed; with the reason of `signal` when that aborts before.
   */
  async follow<E extends ContractEvent>(
    events: E | readonly E[],
    { key, signal }: FollowOptions = {},
  ): Promise<AsyncGenerator<FollowedEvent<E>, void, void>> {
    signal?.throwIfAborted()
    if (this.#closed) throw stopping()
    // One that is named twice would come twice. That `flat` leaves the events as they are its type does not say.
    const byId = new Map([events].flat().map((event) => [event.id, event as E]))
    if (byId.size === 0) throw new ServiceError('invalid_argument', 'Name an event to follow.')
    const topics = Array.from(byId.keys(), (id) => this.#topic(id))
    const gone = (): void => follower.end(signal?.reason)
    const follower = new Follower<E>({
      events: byId,
      key,
      onMismatch: (error, message) => this.#mismatched(error, message),
      onEnd: () => {
        signal?.removeEventListener('abort', gone)
        for (const topic of topics) topic.remove(follower)
      },
    })
    signal?.addEventListener('abort', gone, { once: true })
    for (const topic of topics) topic.add(follower)
    const late = this.#options.platform.setTimer(() => follower.end(notAnswered()), joinWithinMs)
    try {
      await follower.begun
    } finally {
      late.cancel()
    }
    return follower.events()
  }

  /** Ends all iterations quietly and leaves the bus. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(Array.from(this.#topics.values(), (topic) => topic.close()))
  }

  #topic(id: string): FollowedTopic {
    const known = this.#topics.get(id)
    if (known !== undefined) return known
    const topic: FollowedTopic = new FollowedTopic({
      ...this.#options,
      id,
      onLeft: () => {
        if (this.#topics.get(id) === topic) this.#topics.delete(id)
      },
    })
    this.#topics.set(id, topic)
    return topic
  }

  /** Tells of a message once, however many followers it does not match. */
  #mismatched(error: unknown, message: BusMessage): void {
    if (this.#told.has(message)) return
    this.#told.add(message)
    this.#options.onFault(error)
  }
}

function notAnswered(): ServiceError {
  return new ServiceError('unavailable', `The bus did not answer within ${joinWithinMs} ms, so nothing is followed.`)
}
