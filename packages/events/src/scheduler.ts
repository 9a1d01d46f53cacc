import type { Platform, Timer } from '@holon/contract'
import type { EventLog } from '@holon/data'

import type { ScheduleTimes } from './schedule-times.ts'

/** Something a service does at certain times, once over all its replicas. */
export interface ScheduledJob<X> {
  /** Unique in the service. */
  readonly name: string
  readonly times: ScheduleTimes
  /** How long the transaction of a run may take; `run` has to see to its own time before that. */
  readonly transactionMs: number
  /** Does it inside the transaction that moves the schedule on; what it throws undoes both. */
  run(tx: X, dueMs: number, signal: AbortSignal): Promise<void>
}

export interface SchedulerOptions<X> {
  readonly log: Pick<EventLog<X>, 'schedules'>
  readonly transaction: <T>(
    work: (tx: X) => Promise<T>,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ) => Promise<T>
  readonly jobs: readonly ScheduledJob<X>[]
  readonly platform: Platform
  /** A run failed; it is tried again. */
  readonly onFailure: (job: string, error: unknown) => void
}

const longestTimerMs = 60_000
const retryAfterMs = 5_000

/**
 * Runs scheduled jobs. The next time of each is a row in the service's store, and running a job moves that row on in
 * the same transaction as what the job writes:
 *
 * - S1: of all replicas that try, one commits. The others wait for it at the row, then see that the time has moved on.
 * - S2: a run that fails moves nothing: it is due again, until it succeeds.
 * - S3: times that passed while nobody ran are made up for by one run, not by one for each.
 */
export class Scheduler<X> {
  readonly #options: SchedulerOptions<X>
  readonly #stopping = new AbortController()
  readonly #timers = new Map<string, Timer>()
  readonly #running = new Set<Promise<void>>()

  constructor(options: SchedulerOptions<X>) {
    this.#options = options
  }

  /** Plans all jobs. Rejects when the store does not take them. */
  async start(): Promise<void> {
    const { log, jobs, platform } = this.#options
    const nowMs = platform.now()
    for (const { name, times } of jobs) {
      const dueMs = times.after(nowMs)
      if (dueMs !== undefined) await log.schedules.ensure({ name, definition: times.definition, dueMs })
    }
    const due = new Map((await log.schedules.list()).map((schedule) => [schedule.name, schedule.dueMs]))
    for (const job of jobs) this.#plan(job, due.get(job.name))
  }

  /** Aborts what runs, and waits for it. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The service is stopping.'))
    for (const timer of this.#timers.values()) timer.cancel()
    await Promise.all(this.#running)
  }

  /** `atMs`: when to look at it, if not when it is due. */
  #plan(job: ScheduledJob<X>, dueMs: number | undefined, atMs: number | undefined = dueMs): void {
    if (dueMs === undefined || atMs === undefined || this.#stopping.signal.aborted) return
    const { platform } = this.#options
    const waitMs = Math.max(0, atMs - platform.now())
    // The wall clock may be set while we wait, so a long wait is made of short ones, and its end is looked at again.
    const fire = (): void => {
      if (platform.now() < atMs) this.#plan(job, dueMs, atMs)
      else this.#begin(job, dueMs)
    }
    this.#timers.set(job.name, platform.setTimer(fire, Math.min(waitMs, longestTimerMs)).unref())
  }

  #begin(job: ScheduledJob<X>, dueMs: number): void {
    const run = this.#run(job, dueMs)
    this.#running.add(run)
    void run.finally(() => this.#running.delete(run))
  }

  /** Runs it, if no other replica has, and plans what comes next. Never rejects. */
  async #run(job: ScheduledJob<X>, dueMs: number): Promise<void> {
    const { log, transaction, platform, onFailure } = this.#options
    const nextMs = job.times.after(Math.max(dueMs, platform.now()))
    const { signal } = this.#stopping
    try {
      const mine = await transaction(
        async (tx) => {
          // A schedule without a next time is moved to where nobody looks.
          const step = { name: job.name, fromMs: dueMs, toMs: nextMs ?? Number.MAX_SAFE_INTEGER }
          if (!(await log.schedules.advance(tx, step))) return false
          await job.run(tx, dueMs, signal)
          return true
        },
        { signal, timeoutMs: job.transactionMs },
      )
      this.#plan(job, mine ? nextMs : await this.#storedDue(job))
    } catch (error) {
      if (!signal.aborted) onFailure(job.name, error)
      this.#plan(job, dueMs, platform.now() + retryAfterMs)
    }
  }

  /** Another replica has run it; its row tells when it is due next. */
  async #storedDue({ name }: ScheduledJob<X>): Promise<number | undefined> {
    const schedules = await this.#options.log.schedules.list()
    return schedules.find((schedule) => schedule.name === name)?.dueMs
  }
}
