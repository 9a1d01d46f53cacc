import { backoffMs, isInstance, messageOf, type Platform } from '@holon/contract'

import type { KeptState } from './kept-state.ts'
import { type Exit, formatExit, type Launch, PermanentFailure, type Pulse } from './launch.ts'
import { watchPulse } from './pulse-watch.ts'
import { startingAgain } from './starting-again.ts'
import { createWatchdog } from './watchdog.ts'

export interface KeptProcessOptions<R> {
  readonly platform: Platform
  /** Starts the process. May throw. */
  readonly launch: () => Launch<R>
  /** Called right after each transition. */
  readonly onChange: (state: KeptState<R>, before: KeptState<R>) => void
  /** A start that takes longer is ended and tried again, unless it is allowed more time. */
  readonly readyWithinMs: number
  /** One that does not answer for so long while it runs is ended and started again. 0: however long. */
  readonly silenceMs: number
  /** Whether a permanent failure is final; otherwise it is tried again like any other. */
  readonly halts: () => boolean
}

// A process that ran this long was healthy: the next crash begins a new series.
const healthyAfterMs = 20_000
const lastWordsMs = 1_000

/** A {@link KeptProcess} whatever its result. */
export type AnyKeptProcess = Pick<
  KeptProcess<unknown>,
  'state' | 'restarts' | 'failures' | 'uptimeMs' | 'pid' | 'isSilent' | 'start' | 'stop' | 'kill'
>

/** A process that is started again when it dies, with growing pauses, until it is stopped. */
export class KeptProcess<R> {
  readonly #options: KeptProcessOptions<R>
  #state: KeptState<R> = { phase: 'idle' }
  #failures = 0
  #starts = 0

  constructor(options: KeptProcessOptions<R>) {
    this.#options = options
  }

  get state(): KeptState<R> {
    return this.#state
  }

  /** How often it was started again. */
  get restarts(): number {
    return Math.max(0, this.#starts - 1)
  }

  /** Failures in a row, without a healthy run between them. */
  get failures(): number {
    return this.#failures
  }

  /** Milliseconds since it was started; undefined while no process runs. */
  get uptimeMs(): number | undefined {
    return 'sinceMs' in this.#state ? this.#options.platform.monotonicMs() - this.#state.sinceMs : undefined
  }

  get pid(): number | undefined {
    return 'launch' in this.#state ? this.#state.launch.pid : undefined
  }

  /** Whether it owes answers, so that it may be about to be ended. */
  get isSilent(): boolean {
    return this.#state.phase === 'hung' || (this.#state.phase === 'running' && this.#state.pulse?.isSilent === true)
  }

  /** Starts it now, also out of a pause or after it halted. Has no effect while a process runs. */
  start(): void {
    if ('launch' in this.#state) return
    this.#failures = 0
    this.#launch()
  }

  /** Gives its start at least so much time from now on. */
  allow(waitMs: number): void {
    if (this.#state.phase === 'starting') this.#state.watchdog.allow(waitMs)
  }

  /** Ends it and keeps it ended: asks, and kills after `graceMs`. Resolves when the process is gone, with how it went. */
  async stop(graceMs: number): Promise<Exit | undefined> {
    const { platform } = this.#options
    const state = this.#state
    if (!('launch' in state)) {
      this.#enter({ phase: 'idle' })
      return undefined
    }
    const { launch } = state
    if (state.phase !== 'stopping') {
      const killer = platform.setTimer(() => launch.kill(), graceMs)
      const result = state.phase === 'running' ? state.result : undefined
      this.#enter({ phase: 'stopping', launch, sinceMs: state.sinceMs, killer, result })
      launch.stop(graceMs)
    }
    return launch.exited
  }

  /** Ends it now. */
  kill(): void {
    if ('launch' in this.#state) this.#state.launch.kill()
  }

  #launch(): void {
    const { platform, launch: begin, readyWithinMs } = this.#options
    this.#starts += 1
    let launch: Launch<R>
    try {
      launch = begin()
    } catch (error) {
      this.#failed(error)
      return
    }
    const sinceMs = platform.monotonicMs()
    const watchdog = createWatchdog(platform, readyWithinMs, () => launch.kill())
    this.#enter({ phase: 'starting', launch, sinceMs, watchdog })
    // Either may settle when another launch is current; both check.
    launch.ready.then(
      (result) => this.#onReady(launch, result),
      (error: unknown) => this.#onCannotStart(launch, error),
    )
    void launch.exited.then((exit) => this.#onExit(launch, exit))
  }

  #onReady(launch: Launch<R>, result: R): void {
    const state = this.#state
    if (state.phase !== 'starting' || state.launch !== launch) return
    const { platform, silenceMs } = this.#options
    const { pulse } = launch
    const watch =
      pulse && silenceMs > 0
        ? watchPulse({ platform, pulse, silenceMs, onSilent: () => this.#onSilent(launch, pulse) })
        : undefined
    this.#enter({ phase: 'running', launch, sinceMs: state.sinceMs, result, pulse: watch })
  }

  #onSilent(launch: Launch<R>, pulse: Pulse): void {
    const state = this.#state
    if (state.phase !== 'running' || state.launch !== launch) return
    if (this.#ranHealthily(state.sinceMs)) this.#failures = 0
    this.#enter({ phase: 'hung', launch, sinceMs: state.sinceMs })
    void pulse.whereabouts().then((where) => this.#onLocated(launch, where))
  }

  #onLocated(launch: Launch<R>, where: string): void {
    const state = this.#state
    if (state.phase !== 'hung' || state.launch !== launch) return
    this.#enterFailing(state, new Error(`${this.#silence()} and was killed; ${where}`), 0)
  }

  #silence(): string {
    return `it did not answer for ${this.#options.silenceMs / 1_000} s`
  }

  #ranHealthily(sinceMs: number): boolean {
    return this.#options.platform.monotonicMs() - sinceMs >= healthyAfterMs
  }

  #onCannotStart(launch: Launch<R>, error: unknown): void {
    const state = this.#state
    if (state.phase !== 'starting' || state.launch !== launch) return
    // It is about to exit by itself, and may have last words for the log.
    this.#enterFailing(state, error, lastWordsMs)
  }

  #enterFailing(
    { launch, sinceMs }: { readonly launch: Launch<R>; readonly sinceMs: number },
    error: unknown,
    killAfterMs: number,
  ): void {
    const killer = this.#options.platform.setTimer(() => launch.kill(), killAfterMs)
    this.#enter({ phase: 'failing', launch, sinceMs, killer, error })
  }

  #onExit(launch: Launch<R>, exit: Exit): void {
    const state = this.#state
    if (!('launch' in state) || state.launch !== launch) return
    if (state.phase === 'stopping') return this.#enter({ phase: 'idle', exit })
    if (state.phase === 'failing') return this.#failed(state.error)
    if (this.#ranHealthily(state.sinceMs)) this.#failures = 0
    const ended = formatExit(exit)
    this.#failed(new Error(state.phase === 'hung' ? `${this.#silence()}; ${ended}` : ended))
  }

  #failed(error: unknown): void {
    const reason = messageOf(error)
    if (isInstance(error, PermanentFailure) && this.#options.halts()) return this.#enter({ phase: 'halted', reason })
    this.#failures += 1
    const { platform } = this.#options
    const delayMs = Math.round(backoffMs(platform, this.#failures, startingAgain))
    const timer = platform.setTimer(() => this.#launch(), delayMs)
    this.#enter({ phase: 'backing-off', reason, delayMs, timer })
  }

  /** The only place where the state changes: what belongs to the state that is left ends here. */
  #enter(next: KeptState<R>): void {
    const before = this.#state
    if (before.phase === 'starting') before.watchdog.cancel()
    if (before.phase === 'backing-off') before.timer.cancel()
    if (before.phase === 'running') before.pulse?.cancel()
    if (before.phase === 'stopping' || before.phase === 'failing') before.killer.cancel()
    this.#state = next
    this.#options.onChange(next, before)
  }
}
