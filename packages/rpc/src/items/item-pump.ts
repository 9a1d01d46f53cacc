import { initialCredit } from '../wire/frames.ts'
import { type ItemSource, letGo } from './items.ts'

/**
 * Sends items as fast as the receiver gives credit for them. Stopped from outside (the call is over) it lets go of the
 * source.
 */
export class ItemPump {
  #credit = initialCredit
  #stopped = false
  #wake: (() => void) | undefined
  #source: ItemSource | undefined

  /** More items may be sent. */
  grant(count: number): void {
    this.#credit += count
    this.#wake?.()
  }

  /** Idempotent. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#wake?.()
    if (this.#source) letGo(this.#source)
  }

  /**
   * Sends every item of a source with `send`. Resolves when they have ended or the pump was stopped; rejects with what
   * their source or `send` threw before that.
   */
  async run(open: () => ItemSource, send: (item: unknown) => void): Promise<'ended' | 'stopped'> {
    try {
      const source = (this.#source = open())
      for (;;) {
        const pulled = source.pull()
        // Items that are there already go out together, as many as the credit allows.
        const result = pulled instanceof Promise ? await pulled : pulled
        if (this.#stopped) return 'stopped'
        if (result.done === true) return 'ended'
        // Only items need credit: their end is told at once.
        while (this.#credit === 0 && !this.#stopped) await new Promise<void>((resolve) => (this.#wake = resolve))
        if (this.#stopped) return 'stopped'
        this.#credit--
        this.#send(send, result.value)
      }
    } catch (error) {
      if (this.#stopped) return 'stopped'
      throw error
    }
  }

  #send(send: (item: unknown) => void, item: unknown): void {
    try {
      send(item)
    } catch (error) {
      if (this.#source) letGo(this.#source)
      throw error
    }
  }
}
