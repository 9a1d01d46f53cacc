import type { Platform } from '@holon/contract'

const poolBytes = 4_096
const bytesPerId = 10

/** Makes ids of events: UUIDv7 (RFC 9562), so that they are unique and sort by time. */
export class EventIds {
  readonly #platform: Platform
  #pool: Uint8Array = new Uint8Array(0)
  #used = 0

  constructor(platform: Platform) {
    this.#platform = platform
  }

  next(): string {
    // Random bytes are asked for by the page: one call into the system for each id would cost more than the rest.
    if (this.#used + bytesPerId > this.#pool.length) {
      this.#pool = this.#platform.randomBytes(poolBytes)
      this.#used = 0
    }
    const at = (offset: number): number => this.#pool[this.#used + offset] ?? 0
    const time = this.#platform.now().toString(16).padStart(12, '0').slice(-12)
    const a = 0x7000 | ((at(0) << 8) & 0x0f00) | at(1)
    const b = 0x8000 | ((at(2) << 8) & 0x3f00) | at(3)
    const c = hex(at(4)) + hex(at(5)) + hex(at(6)) + hex(at(7)) + hex(at(8)) + hex(at(9))
    this.#used += bytesPerId
    return `${time.slice(0, 8)}-${time.slice(8)}-${a.toString(16)}-${b.toString(16)}-${c}`
  }
}

const digits: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function hex(byte: number): string {
  return digits[byte] ?? '00'
}
