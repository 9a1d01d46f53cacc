import type { Platform, Timer } from '@holon/contract'
import type { EventLog, Receipt } from '@holon/data'

import { mostCrashes } from './most-crashes.ts'
import { Crash } from './received-event.ts'
import type { ScheduleTimes } from './schedule-times.ts'
import type { Turn } from './turn.ts'

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
  readonly log: Pick<EventLog<X>, 'schedules' | 'tries' | 'leases'>
  readonly transaction: <T>(
    work: (tx: X) => Promise<T>,
    options: { readonly signal: AbortSignal; readonly timeoutMs: number },
  ) => Promise<T>
  readonly jobs: readonly ScheduledJob<X>[]
  readonly platform: Platform
  /** A run failed, and is tried again; or ended its process too often, and is passed over. */
  readonly onFailure: (job: string, error: unknown) => void
  /** Name of this replica, the same after a restart. */
  readonly owner: string
  /** Shared with the consumers of this process. */
  readonly turn: Turn
}

const longestTimerMs = 60_000
const retryAfterMs = 5_000
/** Beyond the time of its transaction: for what is written before and after. */
const leaseMarginMs = 5_000

/**
 * Runs scheduled jobs. The next time of each is a row in the service's store, and running a job moves that row on in
 * the same transaction as what the job writes:
 *
 * - S1: of all replicas that try, one commits. The others wait for it at the row, then see that the time has moved on.
 * - S2: a run that fails moves nothing: it is due again, until it succeeds.
 * - S3: times that passed while nobody ran are made up for by one run, not by one for each.
 * - S4: a run that was due before this process began is a suspect: it may have ended the process before. It is counted
 *   durably before it begins, in one replica at a time and with no other suspect beside it, and is passed over when it
 *   seems to have ended as many processes as a message may. The times after it are run.
 */
export class Scheduler<X> {
  readonly #options: SchedulerOptions<X>
  readonly #stopping = new AbortController()
  readonly #timers = new Map<string, Timer>()
  /** What runs, by the name of its job. */
  readonly #running = new Map<Promise<void>, string>()
  /** Of each job, the run that may have ended a process. */
  readonly #suspects = new Map<string, number>()

  constructor(options: SchedulerOptions<X>) {
    this.#options = options
  }

  /** The names of the jobs that run now. */
  get running(): readonly string[] {
    return [...this.#running.values()]
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
    for (const job of jobs) {
      const dueMs = due.get(job.name)
      if (dueMs !== undefined && dueMs <= nowMs) this.#suspects.set(job.name, dueMs)
      this.#plan(job, dueMs)
    }
  }

  /** Aborts what runs, and waits for it. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The service is stopping.'))
    for (const timer of this.#timers.values()) timer.cancel()
    await Promise.all(this.#running.keys())
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
    const run = this.#suspects.get(job.name) === dueMs ? this.#runCarefully(job, dueMs) : this.#run(job, dueMs)
    this.#running.set(run, job.name)
    void run.finally(() => this.#running.delete(run))
  }

  /** Runs it, if no other replica has, and plans what comes next. Never rejects. */
  async #run(job: ScheduledJob<X>, dueMs: number): Promise<void> {
    const { signal } = this.#stopping
    try {
      await this.#advance(job, dueMs, (tx) => job.run(tx, dueMs, signal))
    } catch (error) {
      this.#failed(job, dueMs, error)
    }
  }

  /** `work` happens in the transaction that moves the schedule on, if no other replica has moved it. */
  async #advance(job: ScheduledJob<X>, dueMs: number, work: (tx: X) => Promise<void>): Promise<void> {
    const { log, transaction, platform } = this.#options
    const nextMs = job.times.after(Math.max(dueMs, platform.now()))
    const mine = await transaction(
      async (tx) => {
        // A schedule without a next time is moved to where nobody looks.
        const step = { name: job.name, fromMs: dueMs, toMs: nextMs ?? Number.MAX_SAFE_INTEGER }
        if (!(await log.schedules.advance(tx, step))) return false
        await work(tx)
        return true
      },
      { signal: this.#stopping.signal, timeoutMs: job.transactionMs },
    )
    this.#plan(job, mine ? nextMs : await this.#storedDue(job))
  }

  #failed(job: ScheduledJob<X>, dueMs: number, error: unknown): void {
    const { platform, onFailure } = this.#options
    if (!this.#stopping.signal.aborted) onFailure(job.name, error)
    this.#plan(job, dueMs, platform.now() + retryAfterMs)
  }

  /** See S4. Never rejects. */
  async #runCarefully(job: ScheduledJob<X>, dueMs: number): Promise<void> {
    const { log, owner, platform, turn } = this.#options
    if (!(await this.#hasTurn())) return
    try {
      const ttlMs = job.transactionMs + leaseMarginMs
      const lease = await log.leases.acquire(`schedule/${job.name}`, { owner, ttlMs })
      // Another replica is at it, or has just died of it.
      if (lease === undefined) return this.#plan(job, dueMs, platform.now() + retryAfterMs)
      try {
        const storedMs = await this.#storedDue(job)
        if (storedMs === dueMs) await this.#tryCounted(job, dueMs)
        else this.#plan(job, storedMs)
      } finally {
        await log.leases.release([lease]).catch(() => undefined)
      }
    } catch (error) {
      this.#failed(job, dueMs, error)
    } finally {
      turn.pass()
    }
  }

  async #tryCounted(job: ScheduledJob<X>, dueMs: number): Promise<void> {
    const { log, onFailure } = this.#options
    const { signal } = this.#stopping
    const receipt: Receipt = { subscription: `schedule ${job.name}`, messageId: String(dueMs) }
    const { tries = { begun: 0, failed: 0 } } = await log.tries.look(receipt)
    const crashes = tries.begun - tries.failed
    if (crashes >= mostCrashes) {
      await this.#advance(job, dueMs, (tx) => log.tries.remove(receipt, tx))
      const due = new Date(dueMs).toISOString()
      onFailure(job.name, new Crash(`The run due at ${due} ended its process ${crashes} times, and is passed over.`))
      return
    }
    await log.tries.begin(receipt)
    try {
      await this.#advance(job, dueMs, async (tx) => {
        await job.run(tx, dueMs, signal)
        await log.tries.remove(receipt, tx)
      })
    } catch (error) {
      await (signal.aborted ? log.tries.takeBack(receipt) : log.tries.fail(receipt)).catch(() => undefined)
      throw error
    }
  }

  /** `false`: this is stopping, and does not have it. */
  #hasTurn(): Promise<boolean> {
    const { turn } = this.#options
    const { signal } = this.#stopping
    return new Promise((resolve) => {
      const give = (): void => resolve(false)
      signal.addEventListener('abort', give, { once: true })
      turn.ask(() => {
        if (signal.aborted) return turn.pass()
        signal.removeEventListener('abort', give)
        resolve(true)
      })
    })
  }

  /** Another replica has run it; its row tells when it is due next. */
  async #storedDue({ name }: ScheduledJob<X>): Promise<number | undefined> {
    const schedules = await this.#options.log.schedules.list()
    return schedules.find((schedule) => schedule.name === name)?.dueMs
  }
}
