import type { Platform, Timer } from '@holon/contract'

import type { AppendListenerOptions } from './event-log.ts'
import type { Signal } from './event-sql.ts'

interface Listener {
  readonly wake: () => void
  readonly owns: (partition: number) => boolean
}

/** A signal may be lost, with the process that was about to send it; this much later all look anyway. */
const lookMs = 30_000

/**
 * Who is told of appends. Transactions of this process tell directly. Other processes are signalled only of partitions
 * that no listener here owns, and at most one signal is under way: what is committed meanwhile shares the next one.
 */
export class AppendListeners {
  readonly #platform: Platform
  readonly #signal: Signal | undefined
  readonly #listeners: Set<Listener> = new Set()
  #ear: { close(): Promise<void> } | undefined
  #look: Timer | undefined
  #sending = false
  /** Something was committed since the signal that is under way was sent. */
  #owed = false
  #last: Promise<void> = Promise.resolve()

  constructor(platform: Platform, signal: Signal | undefined) {
    this.#platform = platform
    this.#signal = signal
  }

  add(wake: () => void, { owns = () => false }: AppendListenerOptions = {}): () => void {
    const listener = { wake, owns }
    this.#listeners.add(listener)
    this.#ear ??= this.#signal?.listen(() => this.#wakeAll())
    this.#look ??= this.#lookLater()
    return () => {
      if (this.#listeners.delete(listener) && this.#listeners.size === 0) this.#stop()
    }
  }

  /** After the commit of a transaction that has appended to these partitions. */
  appended(partitions: Iterable<number>): void {
    this.#wakeAll()
    for (const partition of partitions) {
      if (this.#isOwned(partition)) continue
      this.#send()
      return
    }
  }

  /** Stops listening and waits for a signal that is under way. */
  async close(): Promise<void> {
    this.#listeners.clear()
    this.#stop()
    await this.#last
  }

  #stop(): void {
    this.#look?.cancel()
    this.#look = undefined
    const ear = this.#ear
    this.#ear = undefined
    if (ear) this.#last = Promise.all([this.#last, ear.close()]).then(() => {})
  }

  #lookLater(): Timer {
    return this.#platform
      .setTimer(
        () => {
          this.#look = this.#lookLater()
          this.#wakeAll()
        },
        lookMs,
        'upkeep',
      )
      .unref()
  }

  #isOwned(partition: number): boolean {
    return this.#listeners.values().some(({ owns }) => owns(partition))
  }

  #wakeAll(): void {
    for (const { wake } of this.#listeners) wake()
  }

  #send(): void {
    if (this.#signal === undefined) return
    if (this.#sending) {
      this.#owed = true
      return
    }
    this.#sending = true
    const sent = this.#sendOwed(this.#signal)
    this.#last = Promise.all([this.#last, sent]).then(() => {})
  }

  async #sendOwed(signal: Signal): Promise<void> {
    do {
      this.#owed = false
      await signal.send()
    } while (this.#owed)
    this.#sending = false
  }
}
