import { type Backoff, backoffMs, type ContractEvent, isInstance, type Platform } from '@holon/contract'
import type { CountedTries } from '@holon/data'

import type { Delivery } from './bus.ts'
import { type Failure, toDeadLetter } from './dead-letter.ts'
import { mostCrashes } from './most-crashes.ts'
import { Crash, eventInfo, Mismatch, readData } from './received-event.ts'
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
  /** See {@link Attempt}. */
  readonly onTook: (ms: number) => void
  readonly filter: ((data: unknown) => boolean) | undefined
  /** Aborts when the consumer gives up what it has in work. */
  readonly closing: AbortSignal
}

/** A message in hand, and what the tries so far have come to. */
export interface Held {
  readonly delivery: Delivery
  /** When it came, on the monotonic clock. Of suspects only, else 0. */
  readonly sinceMs: number
  attempts: number
  /** Tries that were not counted, since the last one that was: how long to wait for the store. */
  notRun: number
  failure: Failure | undefined
  /** It is not tried together with others any more. */
  alone: boolean
  /** It seems to end processes, and is looked at once more before it is buried. */
  doubted: boolean
  /** The try that is under way is counted. */
  counted: boolean
  /** How many tries were known when one was begun of which it is not known whether it was counted. */
  unsure: number | undefined
}

export function takeInHand(delivery: Delivery, platform: Platform): Held {
  return {
    delivery,
    sinceMs: delivery.redelivered ? platform.monotonicMs() : 0,
    attempts: 0,
    notRun: 0,
    failure: undefined,
    alone: false,
    doubted: false,
    counted: false,
    unsure: undefined,
  }
}

/** What is to become of a message after a try: it is done with, or is tried again after so many milliseconds. */
export type Next = 'done' | number

const waitingForStore: Backoff = { firstMs: 100, longestMs: 5_000 }
/** Whoever had the message before may live, and be about to write that it only gave it up. */
const lastWordMs = 500
/** How often, and for how long, it tries to write that while the store is away: often enough for the time above. */
const settleAgainMs = 100
const settleTimes = 300

/** Tries messages: alone, or several together. Nothing here rejects. */
export class Attempts {
  readonly #options: AttemptsOptions
  readonly #signals: WeakMap<AbortSignal, AbortSignal> = new WeakMap()

  constructor(options: AttemptsOptions) {
    this.#options = options
  }

  /**
   * Tries a message that may have ended the process that had it before: counts the try first, where it is found again
   * whatever becomes of this process. One that has ended too many is buried without being tried.
   */
  async carefully(held: Held): Promise<Next> {
    const { platform, workplace } = this.#options
    const { id } = held.delivery.message
    const startMs = platform.monotonicMs()
    if (this.#isGivenUp(held)) return this.alone(held)
    try {
      const { received, tries } = await workplace.tries.look(id, held.sinceMs)
      if (held.delivery.revoked.aborted) return 'done'
      if (received) return this.#finish(held, 'duplicate', startMs)
      const others = withoutOwn(held, tries)
      const crash = others && this.#crashOf(others)
      if (crash && !held.doubted) {
        held.doubted = true
        return lastWordMs
      }
      held.attempts = others?.begun ?? 0
      if (crash) return await this.#bury(held, crash, startMs)
      held.unsure = held.attempts
      if (others === tries) await workplace.tries.begin(id)
      held.unsure = undefined
      held.counted = true
    } catch (error) {
      held.attempts += 1
      return this.#notRun(held, error, startMs)
    }
    return this.alone(held)
  }

  async alone(held: Held): Promise<Next> {
    const { platform, workplace, closing } = this.#options
    const { delivery } = held
    const startMs = platform.monotonicMs()
    held.attempts += 1
    try {
      if (this.#isGivenUp(held)) throw held.failure?.error
      const attempt = await this.#prepare(held, this.#giveUp(delivery.revoked))
      // What stays is trimmed one day.
      if (attempt === undefined && held.counted)
        await workplace.tries.remove(delivery.message.id).catch(() => undefined)
      const outcome = attempt === undefined ? 'skipped' : await workplace.apply(attempt)
      return this.#finish(held, outcome, startMs)
    } catch (error) {
      if (delivery.revoked.aborted) return this.#givenUp(held, 'done')
      // Left on loan: leaving the subscription gives it to another member.
      if (closing.aborted) return this.#givenUp(held, waitingForStore.longestMs)
      return this.#failed(held, error, startMs)
    }
  }

  /** No try is left, but it could not be buried yet. */
  #isGivenUp({ failure }: Held): boolean {
    return failure !== undefined && this.#options.retry.waitMs(failure.attempts) === undefined
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
  async #prepare(held: Held, signal: AbortSignal): Promise<Attempt | undefined> {
    const { event, filter, onTook: took } = this.#options
    const { message } = held.delivery
    const data = await readData(event, message)
    if (filter?.(data) === false) return undefined
    signal.throwIfAborted()
    return { message, data, info: eventInfo(message, held.attempts), signal, counted: held.counted, took }
  }

  #finish(held: Held, outcome: Applied | 'skipped', startMs: number): Next {
    held.delivery.ack()
    this.#tell(held, { outcome, error: undefined, startMs })
    return 'done'
  }

  async #failed(held: Held, error: unknown, startMs: number): Promise<Next> {
    if (isInstance(error, NotRun)) {
      await this.#settle(held, 'takeBack')
      return this.#notRun(held, error, startMs)
    }
    await this.#settle(held, 'fail')
    held.failure = this.#failureOf(held, error)
    const waitMs = isInstance(error, Mismatch) ? undefined : this.#options.retry.waitMs(held.attempts)
    if (waitMs === undefined) return this.#bury(held, held.failure, startMs)
    this.#tell(held, { outcome: 'failed', error, startMs })
    return waitMs
  }

  /** It is somebody else's now: what they count must not have this try in it. */
  async #givenUp(held: Held, next: Next): Promise<Next> {
    await this.#settle(held, 'takeBack')
    return next
  }

  /** Writes down what came of a counted try. While the store is away others go on meanwhile. */
  async #settle(held: Held, how: 'fail' | 'takeBack'): Promise<void> {
    if (!held.counted) return
    held.counted = false
    const { id } = held.delivery.message
    const write = (): Promise<void> => this.#options.workplace.tries[how](id)
    await write().catch(() => void this.#settleLater(write))
  }

  async #settleLater(write: () => Promise<void>): Promise<void> {
    const { platform } = this.#options
    for (let times = 0; times < settleTimes; times += 1) {
      // Not what keeps a process that has stopped.
      await new Promise<void>((resolve) => platform.setTimer(resolve, settleAgainMs).unref())
      try {
        return await write()
      } catch {
        // The store is still away.
      }
    }
  }

  /** What to bury a message with that has ended too many processes; undefined while it may be tried again. */
  #crashOf({ begun, failed, firstMs, lastMs }: CountedTries): Failure | undefined {
    const crashes = begun - failed
    const isOver = crashes >= mostCrashes || this.#options.retry.waitMs(begun) === undefined
    if (crashes <= 0 || !isOver) return undefined
    const times = crashes === 1 ? 'once' : `${crashes} times`
    const error = new Crash(
      `The process ended at least ${times} while it handled this event. What ended it is in the log of the process.`,
    )
    return { error, attempts: begun, firstFailedAtMs: firstMs, lastFailedAtMs: lastMs }
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
    return backoffMs(this.#options.platform, held.notRun, waitingForStore)
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

/** The store may have counted a try that could not begin, since its answer was lost: that has ended no process. */
function withoutOwn({ unsure }: Held, tries: CountedTries | undefined): CountedTries | undefined {
  return tries !== undefined && unsure !== undefined && tries.begun > unsure ? { ...tries, begun: unsure } : tries
}
