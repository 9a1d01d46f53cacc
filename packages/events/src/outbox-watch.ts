import type { Platform, Timer } from '@holon/contract'
import type { EventLog } from '@holon/data'

/** How far an outbox is behind. */
export interface OutboxLag {
  /** Events that wait to be sent, without those that are to be sent later. */
  readonly waiting: number
  /** For how long the oldest has waited. */
  readonly oldestMs: number
  /** `began`: the oldest has just been found to wait too long, `ended`: it does not any more. */
  readonly late: 'no' | 'began' | 'yes' | 'ended'
}

export interface OutboxWatchOptions {
  readonly outbox: Pick<EventLog<never>, 'lag' | 'onAppend'>
  readonly platform: Platform
  readonly onLag: (lag: OutboxLag) => void
  /** An event that waits longer than this is late. Default 30 s. */
  readonly lateMs?: number
}

const lookEveryMs = 5_000
const defaultLateMs = 30_000
/** Counting many rows takes a while; it may take a twentieth of the time at most. */
const shareOfTime = 20

/**
 * Tells how far an outbox is behind: every few seconds while something waits in it, and once when nothing does any more.
 * Commits wake it; an idle outbox is not looked at.
 */
export class OutboxWatch {
  readonly #options: OutboxWatchOptions
  #timer: Timer | undefined
  #unlisten: (() => void) | undefined
  #looking: Promise<void> | undefined
  #wasWaiting = false
  #wasLate = false

  constructor(options: OutboxWatchOptions) {
    this.#options = options
  }

  start(): void {
    this.#unlisten = this.#options.outbox.onAppend(() => this.#lookIn(lookEveryMs))
    // What was left behind before.
    this.#lookIn(lookEveryMs)
  }

  async stop(): Promise<void> {
    this.#unlisten?.()
    this.#unlisten = undefined
    this.#timer?.cancel()
    await this.#looking
  }

  #lookIn(waitMs: number): void {
    if (this.#timer !== undefined || this.#looking !== undefined || this.#unlisten === undefined) return
    const look = (): void => {
      this.#timer = undefined
      this.#looking = this.#look().then((nextMs) => {
        this.#looking = undefined
        if (nextMs !== undefined) this.#lookIn(nextMs)
      })
    }
    this.#timer = this.#options.platform.setTimer(look, waitMs, 'upkeep').unref()
  }

  /** Resolves to when to look again; undefined: after the next commit. */
  async #look(): Promise<number | undefined> {
    const { outbox, platform } = this.#options
    const startMs = platform.monotonicMs()
    try {
      const lag = await outbox.lag()
      this.#tell(lag)
      if (lag.waiting === 0) return undefined
    } catch {
      // Without the store nobody knows. It is looked at again.
    }
    return Math.max(lookEveryMs, (platform.monotonicMs() - startMs) * shareOfTime)
  }

  #tell({ waiting, oldestMs }: Pick<OutboxLag, 'waiting' | 'oldestMs'>): void {
    const { onLag, lateMs = defaultLateMs } = this.#options
    const isLate = oldestMs > lateMs
    const late = isLate ? (this.#wasLate ? 'yes' : 'began') : this.#wasLate ? 'ended' : 'no'
    if (waiting > 0 || this.#wasWaiting) onLag({ waiting, oldestMs, late })
    this.#wasWaiting = waiting > 0
    this.#wasLate = isLate
  }
}
