import { isServiceError, type Platform } from '@holon/contract'
import { randomId, within } from '@holon/contract/platform'

import type { Bus, BusMessage, BusSubscription, Delivery, SubscribeOptions } from '../bus.ts'
import { eventLimitOf } from '../event-limit.ts'
import { busClosed, unavailable } from '../unavailable.ts'
import { brokerDefaults, type BrokerOptions } from './broker-options.ts'

/** A member that joins a subscription. */
export interface JoinOptions extends SubscribeOptions {
  /** What tells this member from all others. */
  readonly self: string
  readonly deliver: (delivery: Delivery) => void
}

/** A connection to a broker, and what Holon does over it. Once open, it comes back by itself when it is lost. */
export interface BrokerSession {
  /** As {@link Bus.publish}, for at least one message. Calls that are made one after the other keep their order. */
  publish(messages: readonly BusMessage[]): Promise<void>
  /** As {@link Bus.subscribe}. What it rejects with is told as `unavailable`, unless it is a `ServiceError` with another code. */
  join(options: JoinOptions): Promise<BusSubscription>
  /** Ends what is being published, and disconnects. All subscriptions have been left, and nothing is called any more. */
  close(): Promise<void>
}

/** A broker: all in which one differs from another. */
export interface Broker {
  /** As messages name it. */
  readonly name: string
  /** Where it is, as messages say it: without credentials. */
  readonly at?: string
  /** Connects. Called when the bus is first used, and again after it was rejected. */
  open(): Promise<BrokerSession>
}

/**
 * A bus on a broker. It connects when it is first used; while that fails, `publish` and `subscribe` reject with
 * `unavailable`, and the next call tries again.
 *
 * @throws RangeError for a `maxEventBytes` that is none.
 */
export function brokerBus(options: BrokerOptions, broker: Broker): Bus {
  eventLimitOf(options)
  return new BrokerBus(options, broker)
}

class BrokerBus implements Bus {
  readonly #platform: Platform
  readonly #broker: Broker
  readonly #timeoutMs: number
  readonly #joined = new Set<BusSubscription>()
  readonly #working = new Set<Promise<unknown>>()
  #session: Promise<BrokerSession> | undefined
  #closed: Promise<void> | undefined

  constructor({ platform, timeoutMs = brokerDefaults.timeoutMs }: BrokerOptions, broker: Broker) {
    this.#platform = platform
    this.#timeoutMs = timeoutMs
    this.#broker = broker
  }

  async publish(messages: readonly BusMessage[]): Promise<void> {
    this.#assertOpen()
    if (messages.length === 0) return
    await this.#underWay(this.#connect().then((session) => session.publish(messages)))
  }

  async subscribe(options: SubscribeOptions, deliver: (delivery: Delivery) => void): Promise<BusSubscription> {
    this.#assertOpen()
    return this.#underWay(this.#member(options, deliver))
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #member(options: SubscribeOptions, deliver: (delivery: Delivery) => void): Promise<BusSubscription> {
    const joined = await this.#join({ ...options, self: randomId(this.#platform, 9), deliver })
    if (this.#closed) {
      await joined.close()
      throw busClosed()
    }
    const member = leaving(joined, () => this.#joined.delete(member))
    this.#joined.add(member)
    return member
  }

  /** The session is there until it is over. */
  async #underWay<T>(work: Promise<T>): Promise<T> {
    this.#working.add(work)
    try {
      return await work
    } finally {
      this.#working.delete(work)
    }
  }

  async #join(options: JoinOptions): Promise<BusSubscription> {
    try {
      const session = await this.#connect()
      return await session.join(options)
    } catch (error) {
      if (isServiceError(error) && error.code !== 'unavailable') throw error
      if (this.#closed) throw busClosed()
      throw unavailable(`${this.#broker.name} cannot serve the subscription '${options.subscription}'`, error)
    }
  }

  #connect(): Promise<BrokerSession> {
    const { name, at } = this.#broker
    this.#session ??= this.#broker.open().catch((error: unknown) => {
      this.#session = undefined
      throw unavailable(`${name} cannot be reached${at === undefined ? '' : ` at ${at}`}`, error)
    })
    return this.#session
  }

  #assertOpen(): void {
    if (this.#closed) throw busClosed()
  }

  async #close(): Promise<void> {
    await Promise.allSettled([...this.#joined].map((member) => member.close()))
    // Those that have begun before. What a broker does not answer has a time limit of its own, which may come after this one.
    await within(this.#platform, this.#timeoutMs, Promise.allSettled(this.#working)).catch(() => undefined)
    const session = await this.#session?.catch(() => undefined)
    await session?.close()
  }
}

/** The same member; tells when it has left. Those who look on come and go for as long as a process lives. */
function leaving(member: BusSubscription, onLeft: () => void): BusSubscription {
  return {
    lag: () => member.lag(),
    pause: () => member.pause(),
    resume: () => member.resume(),
    paused: () => member.paused(),
    rewind: (to) => member.rewind(to),
    close: () => member.close().finally(onLeft),
  }
}
