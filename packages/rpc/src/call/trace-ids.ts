import type { Platform } from '@holon/contract'

/** A W3C trace id as four 32-bit numbers: what travels and is compared; its text is made only when somebody asks. */
export class TraceId {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  #text: string | undefined

  constructor(a: number, b: number, c: number, d: number) {
    this.a = a | 0
    this.b = b | 0
    this.c = c | 0
    this.d = d | 0
  }

  /** From 32 hex digits; undefined for anything else, and for the all-zero id, which W3C forbids. */
  static parse(text: string): TraceId | undefined {
    if (!/^[0-9a-f]{32}$/.test(text) || /^0+$/.test(text)) return undefined
    return new TraceId(unhex(text, 0), unhex(text, 8), unhex(text, 16), unhex(text, 24))
  }

  toString(): string {
    return (this.#text ??= hex(this.a) + hex(this.b) + hex(this.c) + hex(this.d))
  }
}

/** Every byte in two hex digits: putting these together is seven times as fast as `toString(16)` and `padStart`. */
const hexBytes: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** 8 hex digits of a 32-bit number. */
export function hex(value: number): string {
  // A byte's index is within the table.
  const digits = (shift: number): string => hexBytes[(value >>> shift) & 0xff] as string
  return digits(24) + digits(16) + digits(8) + digits(0)
}

/** The 32-bit number of 8 hex digits at `at`. */
export function unhex(text: string, at: number): number {
  return Number.parseInt(text.slice(at, at + 8), 16) | 0
}

/**
 * Makes ids for traces and spans. A span id is 32 random bits of this instance and a running number: unique within a
 * trace, and free where random bytes for each call would cost more than the call.
 */
export class TraceIds {
  readonly #platform: Platform
  /** The upper half of every span id of this instance. */
  readonly spanPrefix: number
  #lastSpan = 0

  constructor(platform: Platform) {
    this.#platform = platform
    this.spanPrefix = this.#random() || 1
  }

  /** The lower half of a new span id. */
  nextSpan(): number {
    this.#lastSpan = (this.#lastSpan + 1) | 0
    return this.#lastSpan
  }

  nextTrace(): TraceId {
    return new TraceId(this.#random() || 1, this.#random(), this.#random(), this.#random())
  }

  #random(): number {
    return (this.#platform.random() * 0x1_0000_0000) | 0
  }
}
