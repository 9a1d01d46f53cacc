import { type ContractEvent, isServiceError, ServiceError } from '@holon/contract'
import { type Backoff, backoffMs, delay, type Platform, within } from '@holon/contract/platform'

import { Attempts, type Held, type Next, takeInHand } from './attempts.ts'
import type { Bus, BusSubscription, Delivery } from './bus.ts'
import { type ConsumerWork, type Lane, workOf } from './consumer-lane.ts'
import { Grouping } from './grouping.ts'
import { type RetryOptions, retrySchedule } from './retry-schedule.ts'
import { Turn } from './turn.ts'
import type { Outcome, Workplace } from './workplace.ts'

export interface ConsumerOptions {
  readonly bus: Bus
  readonly platform: Platform
  readonly event: ContractEvent
  /** Name of the subscription in the whole app: `shipping.orders.placed`. */
  readonly subscription: string
  readonly workplace: Workplace
  readonly nextId: () => string
  readonly onOutcome: (outcome: Outcome) => void
  /** How many messages of different keys are handled at the same time. Default 16. */
  readonly concurrency?: number
  /** How many messages may be on loan from the bus. Default 256. */
  readonly window?: number
  readonly start?: 'new' | 'all'
  /** `none`: messages of one key are handled at the same time, in any order. Default `key`. */
  readonly order?: 'key' | 'none'
  readonly retry?: RetryOptions
  /** Messages for which it answers false are acknowledged without being handled. */
  readonly filter?: ((data: unknown) => boolean) | undefined
  /** Shared by all consumers of the process, so that one message at a time can be blamed for its end. */
  readonly turn?: Turn
}

const defaultConcurrency = 16
const defaultWindow = 256
const joiningAgain: Backoff = { firstMs: 500, longestMs: 500 }
/** How long a stop waits for what it has interrupted to be written down. */
const takeBackMs = 1_000
/**
 * Handles the messages of one subscription.
 *
 * - C1: of each key one message is in work at a time, in the order of delivery; the next one begins only after the one
 *   before has been applied, buried or taken away.
 * - C2: a message is acknowledged only after its effect, or its dead letter, is committed. A crash anywhere leads to its
 *   delivery again, and the receipt in the inbox makes that harmless.
 * - C3: a message that was taken away (`revoked`) is given up at once: its transaction is aborted if its commit has not
 *   begun. If it has, the new owner meets the receipt: it waits for that transaction and then skips the message.
 * - C4: a lane that waits for its next try occupies no slot: a failing key holds up nothing but itself.
 * - C5: a try that could not begin because the store is away is repeated until it can, without being counted.
 * - C6: when more keys wait than there are slots, and handlers are quick, messages of several keys share a transaction. One
 *   that fails there is tried alone; the others are not held up by it.
 * - C7: a message that was delivered before is a suspect: it may have ended the process that had it. Its tries are counted
 *   durably before they begin, and of the suspects of a process one at a time is tried; so one that ends its process each
 *   time is found, and buried. Others are counted nowhere, and cost nothing.
 */
export class Consumer {
  readonly #options: ConsumerOptions
  readonly #attempts: Attempts
  readonly #lanes = new Map<string, Lane>()
  readonly #ready: Lane[] = []
  readonly #turn: Turn
  readonly #grouping: Grouping
  /** Has the turn, and waits for a slot. */
  #suspect: Lane | undefined
  #careful: Promise<void> | undefined
  readonly #closing = new AbortController()
  #running = 0
  #accepting = true
  #started = false
  /** Joins only to answer questions. */
  #looking: Promise<void> | undefined
  #subscription: BusSubscription | undefined
  #idle: (() => void) | undefined

  constructor(options: ConsumerOptions) {
    this.#options = options
    this.#turn = options.turn ?? new Turn()
    this.#grouping = new Grouping({
      platform: options.platform,
      concurrency: options.concurrency ?? defaultConcurrency,
      canShare: options.workplace.applyTogether !== undefined,
      onPatienceOver: () => this.#pump(),
    })
    const retry = retrySchedule(options.platform, options.retry)
    this.#attempts = new Attempts({
      ...options,
      filter: options.filter,
      retry,
      closing: this.#closing.signal,
      onTook: (ms) => this.#grouping.learn(ms),
    })
  }

  get subscription(): string {
    return this.#options.subscription
  }

  /** What it has in hand now. */
  get work(): ConsumerWork {
    return workOf(this.#lanes.values())
  }

  /** Joins the subscription; waits for the bus while it cannot be reached. */
  async start(): Promise<void> {
    const { bus, platform, subscription, event, start = 'new', window = defaultWindow } = this.#options
    const options = { subscription, topics: [event.id], start, window }
    const { signal } = this.#closing
    this.#started = true
    while (!signal.aborted) {
      try {
        const joined = await bus.subscribe(options, (delivery) => this.#take(delivery))
        this.#subscription = joined
        // Closed meanwhile, and then nobody else leaves.
        if (signal.aborted) await joined.close()
        return
      } catch (error) {
        if (!isServiceError(error) || error.code !== 'unavailable') throw error
        await delay(platform, backoffMs(platform, 1, joiningAgain), signal).catch(() => undefined)
      }
    }
  }

  /**
   * The subscription, for `lag`, `pause`, `resume` and `rewind`. A consumer that was not started joins it and handles
   * nothing: what is delivered here goes back when it is closed.
   */
  async joined(): Promise<BusSubscription> {
    if (!this.#started) {
      this.#accepting = false
      this.#looking = this.start()
    }
    // Of several that ask at once, the first one joins.
    await this.#looking
    if (this.#subscription === undefined)
      throw new ServiceError('unavailable', `${this.subscription} has not been joined yet: the bus does not answer.`)
    return this.#subscription
  }

  /** Begins nothing more; finishes what is in work within `graceMs`, gives up the rest, and leaves. */
  async close(graceMs: number): Promise<void> {
    this.#accepting = false
    if (this.#suspect !== undefined) this.#pass()
    const { platform } = this.#options
    if (this.#running > 0 && graceMs > 0)
      await within(platform, graceMs, new Promise<void>((resolve) => (this.#idle = resolve)))
    this.#closing.abort(new Error('The service is stopping.'))
    // What was counted as begun is taken back.
    if (this.#careful !== undefined) await within(platform, takeBackMs, this.#careful)
    await this.#subscription?.close()
  }

  #take(delivery: Delivery): void {
    if (!this.#accepting) return
    const key = this.#options.order === 'none' ? delivery.message.id : delivery.message.key
    let lane = this.#lanes.get(key)
    if (lane === undefined) {
      lane = { key, held: [], state: 'idle' }
      this.#lanes.set(key, lane)
    }
    lane.held.push(takeInHand(delivery, this.#options.platform))
    if (lane.state === 'idle') this.#makeReady(lane)
  }

  #makeReady(lane: Lane): void {
    lane.state = 'ready'
    if (lane.held[0]?.delivery.redelivered === true) return this.#turn.ask(() => this.#granted(lane))
    this.#ready.push(lane)
    this.#pumpSoon()
  }

  #granted(lane: Lane): void {
    this.#suspect = lane
    if (this.#accepting) this.#pumpSoon()
    else this.#pass()
  }

  #pass(): void {
    this.#suspect = undefined
    this.#turn.pass()
  }

  /** After all that is delivered in this turn, so that it can be seen how much there is. */
  #pumpSoon(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      this.#pump()
    })
  }

  #pumping = false

  #pump(): void {
    const { concurrency = defaultConcurrency } = this.#options
    if (this.#accepting && this.#running < concurrency && this.#suspect !== undefined)
      this.#workCarefully(this.#suspect)
    while (this.#accepting && this.#running < concurrency && this.#ready.length > 0) {
      const size = this.#grouping.next(this.#ready.length, this.#running)
      if (size === 0) return
      const lanes = this.#next(size)
      if (lanes.length === 0) continue
      for (const lane of lanes) lane.state = 'running'
      this.#running += 1
      void this.#work(lanes)
    }
  }

  #workCarefully(lane: Lane): void {
    this.#suspect = undefined
    const held = this.#firstOf(lane)
    if (held?.delivery.redelivered !== true) {
      this.#pass()
      if (held === undefined) this.#forget(lane)
      else this.#makeReady(lane)
      return
    }
    lane.state = 'running'
    this.#running += 1
    this.#careful = this.#attempts.carefully(held).then((next) => {
      this.#careful = undefined
      this.#pass()
      this.#ended([lane], [next])
    })
  }

  /** What another member has by now is not ours to handle. */
  #firstOf({ held }: Lane): Held | undefined {
    while (held[0]?.delivery.revoked.aborted === true) held.shift()
    return held[0]
  }

  /** The lanes for one slot, at most so many. */
  #next(size: number): readonly Lane[] {
    const lanes: Lane[] = []
    while (lanes.length < size) {
      const lane = this.#ready.shift()
      if (lane === undefined) break
      const held = this.#firstOf(lane)
      if (held === undefined) this.#forget(lane)
      else if (held.delivery.redelivered) this.#makeReady(lane)
      else if (!held.alone && held.failure === undefined) lanes.push(lane)
      else if (lanes.length === 0) return [lane]
      else {
        this.#ready.unshift(lane)
        break
      }
    }
    return lanes
  }

  /** One try of the first message of each lane; never rejects. */
  async #work(lanes: readonly Lane[]): Promise<void> {
    this.#ended(lanes, await this.#tryFirst(lanes))
  }

  #ended(lanes: readonly Lane[], results: readonly Next[]): void {
    this.#running -= 1
    for (const [index, lane] of lanes.entries()) this.#leave(lane, results[index] ?? 0)
    this.#pump()
    if (this.#running === 0) this.#idle?.()
  }

  async #tryFirst(lanes: readonly Lane[]): Promise<readonly Next[]> {
    const { applyTogether } = this.#options.workplace
    const held = lanes.flatMap((lane) => lane.held[0] ?? [])
    const [only, ...others] = held
    if (only !== undefined && others.length === 0) return [await this.#attempts.alone(only)]
    return applyTogether === undefined ? held.map(() => 0) : this.#attempts.together(held, applyTogether)
  }

  #leave(lane: Lane, next: Next): void {
    if (next === 'done') {
      lane.held.shift()
      if (lane.held.length > 0) this.#makeReady(lane)
      else this.#forget(lane)
      return
    }
    if (next === 0) return this.#makeReady(lane)
    lane.state = 'waiting'
    delay(this.#options.platform, next, this.#closing.signal).then(
      () => this.#makeReady(lane),
      () => undefined,
    )
  }

  #forget(lane: Lane): void {
    lane.state = 'idle'
    this.#lanes.delete(lane.key)
  }
}
