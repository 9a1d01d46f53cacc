import { type ContractEvent, delay, type Platform } from '@holon/contract'
import type { DeadLetter } from '@holon/data'

import type { Bus, BusMessage, BusSubscription, Delivery } from './bus.ts'
import { type Failure, toDeadLetter } from './dead-letter.ts'
import { type EventInfo, Mismatch, readData } from './received-event.ts'
import { type RetryOptions, type RetrySchedule, retrySchedule } from './retry-schedule.ts'

/** One try of one message. */
export interface Attempt {
  readonly message: BusMessage
  /** As the subscriber's contract has it. */
  readonly data: unknown
  readonly info: EventInfo
  /** The message was taken away, or the consumer is closing: the effect must not be committed any more. */
  readonly signal: AbortSignal
}

/** How a try ended that did not fail. `duplicate`: its effect had been committed before. */
export type Applied = 'applied' | 'duplicate'

/** What a consumer needs of the service that it works for. */
export interface Workplace {
  /**
   * Runs the handler; resolves when its effect and the receipt are committed. Rejects with {@link NotRun} when the
   * handler was not even called, because the store does not answer: that is no failure of the message.
   */
  apply(attempt: Attempt): Promise<Applied>
  /** Keeps a dead letter, durably, and its receipt with it. */
  bury(letter: DeadLetter): Promise<void>
}

/** The handler could not be called. Does not count as a try. */
export class NotRun extends Error {
  override readonly name: string = 'NotRun'
}

/** What became of a try. */
export interface Outcome {
  readonly message: BusMessage
  readonly attempt: number
  readonly durationMs: number
  /** `not-run`: the store does not answer; tried again until it does. */
  readonly outcome: Applied | 'skipped' | 'failed' | 'dead' | 'not-run'
  readonly error: unknown
}

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
}

/** A message in hand. `failure` is what the tries so far have come to. */
interface Held {
  readonly delivery: Delivery
  attempts: number
  /** Tries that were not counted, since the last one that was: how long to wait for the store. */
  notRun: number
  failure: Failure | undefined
}

/** The messages of one key, in order. Exists while there are some. idle → ready → running → (waiting →) ready … */
interface Lane {
  readonly key: string
  readonly held: Held[]
  state: 'idle' | 'ready' | 'running' | 'waiting'
}

const defaultConcurrency = 16
const defaultWindow = 256
const longestStoreWaitMs = 5_000

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
 */
export class Consumer {
  readonly #options: ConsumerOptions
  readonly #retry: RetrySchedule
  readonly #lanes = new Map<string, Lane>()
  readonly #ready: Lane[] = []
  readonly #closing = new AbortController()
  #running = 0
  #accepting = true
  #subscription: BusSubscription | undefined
  #idle: (() => void) | undefined

  constructor(options: ConsumerOptions) {
    this.#options = options
    this.#retry = retrySchedule(options.platform, options.retry)
  }

  get subscription(): string {
    return this.#options.subscription
  }

  /** Joins the subscription. */
  async start(): Promise<void> {
    const { bus, subscription, event, start = 'new', window = defaultWindow } = this.#options
    const options = { subscription, topics: [event.id], start, window }
    this.#subscription = await bus.subscribe(options, (delivery) => this.#take(delivery))
  }

  /** The subscription, for `lag`, `pause`, `resume` and `rewind`. */
  get joined(): BusSubscription {
    if (this.#subscription === undefined) throw new Error(`${this.subscription} has not been joined.`)
    return this.#subscription
  }

  /** Begins nothing more; finishes what is in work within `graceMs`, gives up the rest, and leaves. */
  async close(graceMs: number): Promise<void> {
    this.#accepting = false
    const { platform } = this.#options
    if (this.#running > 0 && graceMs > 0) {
      const over = new AbortController()
      const idle = new Promise<void>((resolve) => (this.#idle = resolve))
      await Promise.race([idle, delay(platform, graceMs, over.signal).catch(() => undefined)])
      over.abort()
    }
    this.#closing.abort(new Error('The service is stopping.'))
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
    lane.held.push({ delivery, attempts: 0, notRun: 0, failure: undefined })
    if (lane.state === 'idle') this.#makeReady(lane)
  }

  #makeReady(lane: Lane): void {
    lane.state = 'ready'
    this.#ready.push(lane)
    this.#pump()
  }

  #pump(): void {
    const { concurrency = defaultConcurrency } = this.#options
    while (this.#accepting && this.#running < concurrency) {
      const lane = this.#ready.shift()
      if (lane === undefined) return
      lane.state = 'running'
      this.#running += 1
      void this.#work(lane)
    }
  }

  /** One try of the lane's first message; never rejects. */
  async #work(lane: Lane): Promise<void> {
    let waitMs = 0
    try {
      // What another member has by now is not ours to handle.
      while (lane.held[0]?.delivery.revoked.aborted === true) lane.held.shift()
      const [held] = lane.held
      if (held !== undefined) waitMs = await this.#try(held)
      if (waitMs === 0) lane.held.shift()
    } finally {
      this.#running -= 1
      this.#leave(lane, waitMs)
      this.#pump()
      if (this.#running === 0) this.#idle?.()
    }
  }

  #leave(lane: Lane, waitMs: number): void {
    if (waitMs > 0) {
      lane.state = 'waiting'
      const { platform } = this.#options
      delay(platform, waitMs, this.#closing.signal).then(
        () => this.#makeReady(lane),
        () => undefined,
      )
    } else if (lane.held.length > 0) this.#makeReady(lane)
    else {
      lane.state = 'idle'
      this.#lanes.delete(lane.key)
    }
  }

  /** How long to wait before the next try; 0: the message is done with. */
  async #try(held: Held): Promise<number> {
    const { platform, onOutcome } = this.#options
    const { delivery } = held
    const { message } = delivery
    const startMs = platform.monotonicMs()
    held.attempts += 1
    const tell = (outcome: Outcome['outcome'], error?: unknown): void =>
      onOutcome({ message, attempt: held.attempts, durationMs: platform.monotonicMs() - startMs, outcome, error })
    const signal = AbortSignal.any([delivery.revoked, this.#closing.signal])
    try {
      const outcome = await this.#apply(held, signal)
      delivery.ack()
      tell(outcome)
      return 0
    } catch (error) {
      if (delivery.revoked.aborted) return 0
      // Left on loan: leaving the subscription gives it to another member.
      if (this.#closing.signal.aborted) return 1
      if (error instanceof NotRun) {
        tell('not-run', error)
        return this.#notRun(held)
      }
      held.failure = this.#failureOf(held, error)
      const waitMs = error instanceof Mismatch ? undefined : this.#retry.waitMs(held.attempts)
      if (waitMs === undefined) return this.#bury(held, tell)
      tell('failed', error)
      return waitMs
    }
  }

  async #apply({ delivery: { message }, attempts, failure }: Held, signal: AbortSignal): Promise<Applied | 'skipped'> {
    const { event, workplace, filter } = this.#options
    // It was given up, but could not be buried yet.
    if (failure !== undefined && this.#retry.waitMs(failure.attempts) === undefined) throw failure.error
    const data = await readData(event, message)
    if (filter?.(data) === false) return 'skipped'
    const info: EventInfo = {
      id: message.id,
      type: message.topic,
      key: message.key,
      source: message.attributes['source'] ?? '',
      publishedAt: new Date(message.timeMs),
      attempt: attempts,
    }
    signal.throwIfAborted()
    return workplace.apply({ message, data, info, signal })
  }

  #notRun(held: Held): number {
    held.attempts -= 1
    held.notRun += 1
    return (
      Math.min(longestStoreWaitMs, 50 * 2 ** Math.min(held.notRun, 10)) * (0.5 + this.#options.platform.random() / 2)
    )
  }

  #failureOf({ failure, attempts }: Held, error: unknown): Failure {
    const nowMs = this.#options.platform.now()
    return { error, attempts, firstFailedAtMs: failure?.firstFailedAtMs ?? nowMs, lastFailedAtMs: nowMs }
  }

  async #bury(held: Held, tell: (outcome: Outcome['outcome'], error: unknown) => void): Promise<number> {
    const { workplace, nextId, subscription } = this.#options
    const { delivery, failure } = held
    if (failure === undefined) return 0
    try {
      await workplace.bury(toDeadLetter({ id: nextId(), subscription, message: delivery.message, failure }))
      delivery.ack()
      tell('dead', failure.error)
      return 0
    } catch (error) {
      tell('not-run', error)
      // Nothing may be dropped: it is tried again, burial and all, until there is a place for it.
      return this.#notRun(held)
    }
  }
}
