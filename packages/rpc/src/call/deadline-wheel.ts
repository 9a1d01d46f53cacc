import type { Platform, Timer } from '@holon/contract'

/** Something that is told when its time has come. The links belong to the wheel. */
export interface Expiring {
  /** On the platform's monotonic clock; Infinity: never expires. */
  readonly deadlineMs: number
  /** Called once, at or shortly after the deadline. */
  expire(): void
  /** Called instead when the wheel closes. */
  abandon(): void
  /** Neighbours in the wheel; undefined while it is in none. */
  previous: Expiring | undefined
  next: Expiring | undefined
}

const slotMs = 8
const slotCount = 512

/**
 * Deadlines of many calls with one timer: adding and removing are a few assignments, where a timer for each call would
 * cost more than the call itself. A deadline is met at most {@link slotMs} ms late, never early.
 *
 * A hashed wheel (Varghese and Lauck, 1987, scheme 6): an entry sits in the slot of its deadline modulo the wheel's
 * size, so a slot also holds entries of later rounds, which are left in place.
 */
export class DeadlineWheel {
  readonly #platform: Platform
  readonly #slots: readonly Expiring[]
  /** Entries without deadline: kept only to be told when the wheel closes. */
  readonly #endless: Expiring = sentinel()
  #count = 0
  #timer: Timer | undefined
  #wakeAtMs = Infinity
  /** All slots before this one (as a running number, not modulo) have been swept. */
  #sweptTo: number

  constructor(platform: Platform) {
    this.#platform = platform
    this.#slots = Array.from({ length: slotCount }, sentinel)
    this.#sweptTo = Math.floor(platform.monotonicMs() / slotMs)
  }

  /** Entries that wait. */
  get size(): number {
    return this.#count
  }

  add(entry: Expiring): void {
    const slot = Math.max(Math.floor(entry.deadlineMs / slotMs), this.#sweptTo)
    const endless = entry.deadlineMs === Infinity
    // The remainder is below the number of slots.
    const head = endless ? this.#endless : (this.#slots[slot % slotCount] as Expiring)
    entry.previous = head
    entry.next = head.next
    if (head.next) head.next.previous = entry
    head.next = entry
    this.#count++
    if (endless) return
    const wakeAtMs = (slot + 1) * slotMs
    if (wakeAtMs < this.#wakeAtMs) this.#arm(wakeAtMs)
  }

  /** Idempotent. */
  remove(entry: Expiring): void {
    if (entry.previous === undefined) return
    entry.previous.next = entry.next
    if (entry.next) entry.next.previous = entry.previous
    entry.previous = entry.next = undefined
    this.#count--
  }

  /** Those that wait, in no particular order. */
  *entries(): Generator<Expiring> {
    for (const head of [...this.#slots, this.#endless])
      for (let entry = head.next; entry; entry = entry.next) yield entry
  }

  /** Takes all entries out and has them abandon what they wait for. */
  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#wakeAtMs = Infinity
    const waiting = [...this.entries()]
    for (const entry of waiting) this.remove(entry)
    for (const entry of waiting) entry.abandon()
  }

  #arm(wakeAtMs: number): void {
    this.#timer?.cancel()
    this.#wakeAtMs = wakeAtMs
    this.#timer = this.#platform
      .setTimer(() => this.#sweep(), Math.max(1, wakeAtMs - this.#platform.monotonicMs()))
      .unref()
  }

  #sweep(): void {
    this.#wakeAtMs = Infinity
    this.#timer = undefined
    const nowMs = this.#platform.monotonicMs()
    const nowSlot = Math.floor(nowMs / slotMs)
    const due: Expiring[] = []
    const from = Math.max(this.#sweptTo, nowSlot - slotCount + 1)
    for (let slot = from; slot <= nowSlot; slot++) {
      for (let entry = this.#slots[slot % slotCount]?.next; entry; entry = entry.next)
        if (entry.deadlineMs <= nowMs) due.push(entry)
    }
    // The current slot is swept again: it may hold deadlines a few milliseconds ahead.
    this.#sweptTo = nowSlot
    for (const entry of due) this.remove(entry)
    for (const entry of due) entry.expire()
    this.#armNext(nowSlot)
  }

  /** Sleeps until the first slot that holds anything; an entry of a later round just causes another look. */
  #armNext(nowSlot: number): void {
    for (let slot = nowSlot; slot < nowSlot + slotCount; slot++) {
      if (this.#slots[slot % slotCount]?.next === undefined) continue
      const wakeAtMs = (slot + 1) * slotMs
      if (wakeAtMs < this.#wakeAtMs) this.#arm(wakeAtMs)
      return
    }
  }
}

function sentinel(): Expiring {
  return { deadlineMs: Infinity, expire: () => {}, abandon: () => {}, previous: undefined, next: undefined }
}
