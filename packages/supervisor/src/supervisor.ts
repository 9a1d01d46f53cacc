import { randomId } from '@holon/contract/platform'

import type { AdminSource } from './admin/admin-server.ts'
import { statusPage } from './admin/status-page.ts'
import type { SupervisorStatus } from './admin/status.ts'
import { supervisorStatus } from './admin/supervisor-status.ts'
import { type OpenRun, openRun } from './open-run.ts'
import { StartFailure } from './start-failure.ts'
import type { SupervisorOptions } from './supervisor-options.ts'

/** A running supervisor. */
export interface Supervisor {
  /** Resolves when everything runs. Rejects when it cannot; everything is stopped then. */
  readonly ready: Promise<SupervisorStatus>
  /** What everything is doing now. */
  status(): Promise<SupervisorStatus>
  /**
   * Stops everything in order within `graceMs`, what does not end by itself with SIGKILL. Resolves with the processes that
   * did not end as they should, and how they ended. Idempotent.
   */
  stop(graceMs: number): Promise<readonly string[]>
  /** Makes a running stop end everything at once. */
  kill(): void
}

/**
 * Starts an app: its external processes, then the instances of its groups as child processes, and keeps them running.
 * Rejections of `ready`: `AlreadyRunning`, `AdminPortTaken`, `StartFailure`, and what `describe` throws.
 */
export function startSupervisor(options: SupervisorOptions): Supervisor {
  const run = new Run(options)
  const ready = run.start()
  return { ready, status: () => run.status(), stop: (graceMs) => run.stop(graceMs), kill: () => run.kill() }
}

// What has just started has little to finish.
const failedStartGraceMs = 3_000

/** starting → ready → stopping → (ended). A start that fails goes straight to stopping. */
class Run {
  readonly #options: SupervisorOptions
  readonly #sinceMs: number
  readonly #linkSecret: string
  readonly #ending = new AbortController()
  readonly #opening: Promise<OpenRun>
  /** Undefined while it is being opened. */
  #open: OpenRun | undefined
  #state: SupervisorStatus['state'] = 'starting'
  #stopped: Promise<readonly string[]> | undefined
  #killed = false

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#sinceMs = options.platform.monotonicMs()
    this.#linkSecret = randomId(options.platform, 32)
    this.#opening = openRun({
      ...options,
      linkSecret: this.#linkSecret,
      source: this.#source(),
      signal: this.#ending.signal,
    })
  }

  async start(): Promise<SupervisorStatus> {
    try {
      const open = await this.#opening
      this.#open = open
      this.#ending.signal.throwIfAborted()
      const problems = await open.fleet.start()
      if (problems.length > 0) throw new StartFailure(problems)
      this.#ending.signal.throwIfAborted()
      this.#state = 'ready'
      return await this.status()
    } catch (error) {
      await this.stop(failedStartGraceMs).catch((late: unknown) => {
        // What went wrong first says why it did not start.
        this.#options.observer.observe({ kind: 'fault', subject: 'supervisor', error: late })
      })
      throw error
    }
  }

  stop(graceMs: number): Promise<readonly string[]> {
    this.#state = 'stopping'
    return (this.#stopped ??= this.#stop(graceMs))
  }

  kill(): void {
    this.#killed = true
    this.#open?.fleet.kill()
  }

  async #stop(graceMs: number): Promise<readonly string[]> {
    this.#ending.abort(new StartFailure(['It was stopped before it was ready.']))
    // What is being opened has to be there before it can be closed; what could not be opened has closed itself.
    const open = await this.#opening.catch(() => undefined)
    const problems = (await open?.close(graceMs)) ?? []
    // Who has had everything killed knows how it ended.
    return this.#killed ? [] : problems
  }

  #source(): AdminSource {
    return {
      status: () => this.status(),
      registry: () => ({
        linkSecret: this.#linkSecret,
        peers: this.#open?.fleet.listings() ?? [],
        development: this.#options.watch,
      }),
      page: async (nonce) => statusPage(await this.status(), nonce),
    }
  }

  status(): Promise<SupervisorStatus> {
    const { platform, pid } = this.#options
    return supervisorStatus({
      pid,
      state: this.#state,
      uptimeMs: platform.monotonicMs() - this.#sinceMs,
      open: this.#open,
    })
  }
}
