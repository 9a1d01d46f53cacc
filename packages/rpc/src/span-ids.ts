import type { Platform } from '@holon/contract'

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/**
 * Ids for traces and spans. A span id is 4 random bytes of this instance and a running number: unique enough within a
 * trace, and a hundred times cheaper than random bytes for each call.
 */
export class SpanIds {
  readonly #platform: Platform
  readonly #prefix: string
  #last = 0

  constructor(platform: Platform) {
    this.#platform = platform
    this.#prefix = hex(platform.randomBytes(4))
  }

  /** 16 hex digits. */
  next(): string {
    this.#last = (this.#last + 1) >>> 0
    return this.#prefix + (this.#last || (this.#last = 1)).toString(16).padStart(8, '0')
  }

  /** 32 random hex digits. */
  nextTrace(): string {
    return hex(this.#platform.randomBytes(16))
  }
}
