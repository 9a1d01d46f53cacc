import type { AppendListenerOptions } from './event-log.ts'
import type { Signal } from './event-sql.ts'

interface Listener {
  readonly wake: () => void
  readonly owns: (partition: number) => boolean
}

/**
 * Who is told of appends. Transactions of this process tell directly. Other processes are signalled only of partitions
 * that no listener here owns, and at most one signal is under way: what is committed meanwhile shares the next one.
 */
export class AppendListeners {
  readonly #signal: Signal | undefined
  readonly #listeners: Set<Listener> = new Set()
  #ear: { close(): Promise<void> } | undefined
  #sending: 'no' | 'once' | 'again' = 'no'
  #last: Promise<void> = Promise.resolve()

  constructor(signal: Signal | undefined) {
    this.#signal = signal
  }

  add(wake: () => void, { owns = () => false }: AppendListenerOptions = {}): () => void {
    const listener = { wake, owns }
    this.#listeners.add(listener)
    this.#ear ??= this.#signal?.listen(() => this.#wakeAll())
    return () => {
      if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return
      const ear = this.#ear
      this.#ear = undefined
      if (ear) this.#last = Promise.all([this.#last, ear.close()]).then(() => {})
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
    const ear = this.#ear
    this.#ear = undefined
    await Promise.all([this.#last, ear?.close()])
  }

  #isOwned(partition: number): boolean {
    return this.#listeners.values().some(({ owns }) => owns(partition))
  }

  #wakeAll(): void {
    for (const { wake } of this.#listeners) wake()
  }

  #send(): void {
    if (!this.#signal) return
    if (this.#sending !== 'no') {
      this.#sending = 'again'
      return
    }
    this.#sending = 'once'
    this.#last = this.#signal.send().then(() => {
      const again = this.#sending === 'again'
      this.#sending = 'no'
      if (again) this.#send()
    })
  }
}
