import type { Items } from '@holon/contract'
import { initialCredit } from './frames.ts'

/**
 * Sends items as fast as the receiver gives credit for them. Stopped from outside (the call is over) it lets go of the
 * source.
 */
export class ItemPump {
  #credit = initialCredit
  #stopped = false
  #wake: (() => void) | undefined

  /** More items may be sent. */
  grant(count: number): void {
    this.#credit += count
    this.#wake?.()
  }

  stop(): void {
    this.#stopped = true
    this.#wake?.()
  }

  /** Sends every item of `source` with `send`. Resolves when the source has ended or the pump was stopped. */
  async run(source: Items<unknown>, send: (item: unknown) => void): Promise<'ended' | 'stopped'> {
    const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
    try {
      for (;;) {
        while (this.#credit === 0 && !this.#stopped) await new Promise<void>((resolve) => (this.#wake = resolve))
        if (this.#stopped) break
        const result = await iterator.next()
        if (result.done === true) return 'ended'
        if (this.#stopped) break
        this.#credit--
        send(result.value)
      }
    } catch (error) {
      if (!this.#stopped) throw error
    }
    // Not awaited: a source that waits for something else would hold up what comes after the call.
    Promise.resolve(iterator.return?.()).catch(() => {})
    return 'stopped'
  }
}
