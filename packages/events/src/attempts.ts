import { type ContractEvent, isInstance, type Platform } from '@holon/contract'

import type { Delivery } from './bus.ts'
import { type Failure, toDeadLetter } from './dead-letter.ts'
import { type EventInfo, Mismatch, readData } from './received-event.ts'
import type { RetrySchedule } from './retry-schedule.ts'
import { type Applied, type Attempt, NotRun, type Outcome, type Workplace } from './workplace.ts'

export interface AttemptsOptions {
  readonly platform: Platform
  readonly event: ContractEvent
  readonly subscription: string
  readonly workplace: Workplace
  readonly retry: RetrySchedule
  readonly nextId: () => string
  readonly onOutcome: (outcome: Outcome) => void
  readonly filter: ((data: unknown) => boolean) | undefined
  /** Aborts when the consumer gives up what it has in work. */
  readonly closing: AbortSignal
}

/** A message in hand, and what the tries so far have come to. */
export interface Held {
  readonly delivery: Delivery
  attempts: number
  /** Tries that were not counted, since the last one that was: how long to wait for the store. */
  notRun: number
  failure: Failure | undefined
  /** It is not tried together with others any more. */
  alone: boolean
}

/** What is to become of a message after a try: it is done with, or is tried again after so many milliseconds. */
export type Next = 'done' | number

const longestStoreWaitMs = 5_000

/** Tries messages: alone, or several together. Nothing here rejects. */
export class Attempts {
  readonly #options: AttemptsOptions
  readonly #signals: WeakMap<AbortSignal, AbortSignal> = new WeakMap()

  constructor(options: AttemptsOptions) {
    this.#options = options
  }

  async alone(held: Held): Promise<Next> {
    const { platform, workplace, retry, closing } = this.#options
    const { delivery, failure } = held
    const startMs = platform.monotonicMs()
    held.attempts += 1
    try {
      // It was given up, but could not be buried yet.
      if (failure !== undefined && retry.waitMs(failure.attempts) === undefined) throw failure.error
      const attempt = await this.#prepare(held, this.#giveUp(delivery.revoked))
      const outcome = attempt === undefined ? 'skipped' : await workplace.apply(attempt)
      return this.#finish(held, outcome, startMs)
    } catch (error) {
      if (delivery.revoked.aborted) return 'done'
      // Left on loan: leaving the subscription gives it to another member.
      if (closing.aborted) return longestStoreWaitMs
      return this.#failed(held, error, startMs)
    }
  }

  /** Aborts when a message was taken away, or all are given up. One for all deliveries that are revoked together. */
  #giveUp(revoked: AbortSignal): AbortSignal {
    let signal = this.#signals.get(revoked)
    if (signal === undefined) {
      signal = AbortSignal.any([revoked, this.#options.closing])
      this.#signals.set(revoked, signal)
    }
    return signal
  }

  /** All or none; when it was none, each is tried alone at once. */
  async together(
    group: readonly Held[],
    apply: (attempts: readonly Attempt[]) => Promise<readonly Applied[]>,
  ): Promise<readonly Next[]> {
    const { platform, closing } = this.#options
    const startMs = platform.monotonicMs()
    const [first, ...others] = new Set(group.map(({ delivery }) => delivery.revoked))
    const signal =
      first !== undefined && others.length === 0
        ? this.#giveUp(first)
        : AbortSignal.any([closing, ...(first ? [first] : []), ...others])
    try {
      for (const held of group) held.attempts += 1
      const prepared = await Promise.all(group.map((held) => this.#prepare(held, signal)))
      const attempts = prepared.filter((attempt) => attempt !== undefined)
      const outcomes = attempts.length === 0 ? [] : [...(await apply(attempts))]
      return group.map((held, index) => {
        const outcome = prepared[index] === undefined ? 'skipped' : (outcomes.shift() ?? 'applied')
        return this.#finish(held, outcome, startMs)
      })
    } catch {
      // Whose fault it was shows when each is tried alone; so it counts for none.
      return group.map((held) => {
        held.attempts -= 1
        held.alone = true
        return 0
      })
    }
  }

  /** Undefined: the filter passes it over. */
  async #prepare({ delivery: { message }, attempts }: Held, signal: AbortSignal): Promise<Attempt | undefined> {
    const { event, filter } = this.#options
    const data = await readData(event, message)
    if (filter?.(data) === false) return undefined
    const info: EventInfo = {
      id: message.id,
      type: message.topic,
      key: message.key,
      source: message.attributes['source'] ?? '',
      publishedAt: new Date(message.timeMs),
      attempt: attempts,
    }
    signal.throwIfAborted()
    return { message, data, info, signal }
  }

  #finish(held: Held, outcome: Applied | 'skipped', startMs: number): Next {
    held.delivery.ack()
    this.#tell(held, { outcome, error: undefined, startMs })
    return 'done'
  }

  async #failed(held: Held, error: unknown, startMs: number): Promise<Next> {
    if (isInstance(error, NotRun)) return this.#notRun(held, error, startMs)
    held.failure = this.#failureOf(held, error)
    const waitMs = isInstance(error, Mismatch) ? undefined : this.#options.retry.waitMs(held.attempts)
    if (waitMs === undefined) return this.#bury(held, held.failure, startMs)
    this.#tell(held, { outcome: 'failed', error, startMs })
    return waitMs
  }

  async #bury(held: Held, failure: Failure, startMs: number): Promise<Next> {
    const { workplace, nextId, subscription } = this.#options
    const { message } = held.delivery
    try {
      await workplace.bury(toDeadLetter({ id: nextId(), subscription, message, failure }))
    } catch (error) {
      // Nothing may be dropped: it is tried again, burial and all, until there is a place for it.
      return this.#notRun(held, error, startMs)
    }
    held.delivery.ack()
    this.#tell(held, { outcome: 'dead', error: failure.error, startMs })
    return 'done'
  }

  #notRun(held: Held, error: unknown, startMs: number): Next {
    this.#tell(held, { outcome: 'not-run', error, startMs })
    held.attempts -= 1
    held.notRun += 1
    const waitMs = Math.min(longestStoreWaitMs, 50 * 2 ** Math.min(held.notRun, 10))
    return waitMs * (0.5 + this.#options.platform.random() / 2)
  }

  #failureOf({ failure, attempts }: Held, error: unknown): Failure {
    const nowMs = this.#options.platform.now()
    return { error, attempts, firstFailedAtMs: failure?.firstFailedAtMs ?? nowMs, lastFailedAtMs: nowMs }
  }

  #tell(held: Held, told: Pick<Outcome, 'outcome' | 'error'> & { readonly startMs: number }): void {
    const { platform, onOutcome } = this.#options
    const { outcome, error, startMs } = told
    const { message } = held.delivery
    onOutcome({ message, attempt: held.attempts, durationMs: platform.monotonicMs() - startMs, outcome, error })
  }
}
