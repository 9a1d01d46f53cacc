import type { Platform, Timer } from '@holon/contract'

interface Pending {
  readonly atMs: number
  readonly order: number
  readonly callback: () => void
}

/** A platform whose time stands still until a test moves it. */
export class ManualPlatform implements Platform {
  #nowMs = 1_000
  #order = 0
  #seed = 42
  readonly #pending = new Set<Pending>()

  now(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  random(): number {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return this.#seed / 2_147_483_648
  }

  randomBytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => Math.floor(this.random() * 256))
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const pending: Pending = { atMs: this.#nowMs + delayMs, order: this.#order++, callback }
    this.#pending.add(pending)
    const timer: Timer = { cancel: () => void this.#pending.delete(pending), unref: () => timer }
    return timer
  }

  /** Timers that wait. */
  get timers(): number {
    return this.#pending.size
  }

  /** Moves time forward, calling what becomes due on the way, each at its own time. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms
    for (;;) {
      const due = [...this.#pending]
        .filter(({ atMs }) => atMs <= untilMs)
        .toSorted((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
      if (due === undefined) break
      this.#pending.delete(due)
      this.#nowMs = Math.max(this.#nowMs, due.atMs)
      due.callback()
    }
    this.#nowMs = untilMs
  }

  /** Moves time forward in steps, letting promises settle in between. */
  async pass(ms: number, stepMs = 50): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.advance(Math.min(stepMs, ms - passed))
      await settle()
    }
  }
}

/** Lets everything that needs no time come to an end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
