import { type Backoff, backoffMs, delay, type Platform, type Timer } from '@holon/contract'
import { type DeadLetter, type EventLog, type Lease, outboxPartitions, type StoredRecord } from '@holon/data'

import type { Bus } from './bus.ts'
import { toRefusedLetter } from './dead-letter.ts'
import { toBusMessage } from './envelope.ts'
import { isRefusal, storedDespite } from './publish-failure.ts'

/** The part of an event log that a relay works with. */
export type Outbox = Pick<
  EventLog<never>,
  'readOutbox' | 'deleteOutbox' | 'setAside' | 'releaseDue' | 'onAppend' | 'trim' | 'leases'
>

export interface RelayOptions {
  readonly outbox: Outbox
  readonly bus: Bus
  readonly platform: Platform
  /** Name of this replica; the same after a restart, so that a replica that crashed goes on at once. */
  readonly owner: string
  readonly nextId: () => string
  readonly onState: (state: RelayState) => void
  /** An event that the bus refuses for good is a dead letter now, and those after it go on. */
  readonly onSetAside: (letter: DeadLetter) => void
}

/** `stalled`: the bus or the store does not answer; the outbox grows until it does. */
export type RelayState = { readonly state: 'stalled'; readonly error: unknown } | { readonly state: 'recovered' }

type Arrived = Parameters<Outbox['deleteOutbox']>[0]

const batchSize = 500
/** How many records are read first after the start and after a failure: what has piled up may be large. */
const cautiousBatchSize = 32
/** What a batch has at most, as far as the one before can tell. It is in memory several times over. */
const batchCharacters = 8_000_000
const batchGrowth = 4
const memberTtlMs = 15_000
const renewEveryMs = 5_000
const tryingAgain: Backoff = { firstMs: 100, longestMs: 5_000 }
/** A delayed event may be this late. */
const dueAccuracyMs = 250
const trimEveryMs = 3_600_000
const longestTimerMs = 24 * 3_600_000
const memberPrefix = 'relay/'

/**
 * Moves events from a service's outbox to the bus: oldest first, in batches; each is deleted after the bus has it.
 *
 * - R1: nothing is deleted before the bus has acknowledged it, so nothing is lost in a crash between any two steps. A
 *   crash between publishing and deleting publishes again, and the subscribers' inboxes ignore that.
 * - R2: of each key, first copies reach the bus in the order of the outbox, whatever relays run at the same time: each
 *   publishes the oldest records first, and a record that it does not see any more has been published entirely before.
 *   So which replica relays which partitions is a matter of sharing the work, not of correctness: it follows from the
 *   list of live replicas, and for a moment two may disagree about it.
 * - R3: what the bus refuses for good is set aside as a dead letter, in one transaction with its deletion, and what comes
 *   after it goes on, of its key too. Everything else is tried until it succeeds; what a failed attempt has stored is
 *   deleted at once (R1), so that no retry stores it again.
 * - R4: idle it does nothing but renew its membership. It is woken by commits, not by polling.
 */
export class Relay {
  readonly #options: RelayOptions
  readonly #stopping = new AbortController()
  #partitions: ReadonlySet<number> = new Set()
  #lease: Lease | undefined
  #unlisten: (() => void) | undefined
  #renewing: Timer | undefined
  #dueTimer: Timer | undefined
  #dueAtMs = Infinity
  #trimmedMs = 0
  #woken = false
  #running: Promise<void> | undefined
  #isReleasing = false
  #isBackingOff = false
  #failures = 0
  #batchSize = cautiousBatchSize
  /** On the bus, and not deleted yet: that goes with the next read, or is all that is left to do. */
  #arrived: Arrived = []

  constructor(options: RelayOptions) {
    this.#options = options
  }

  /** Whether it moves events just now; one that waits before it tries again does not. */
  get isMoving(): boolean {
    return this.#isReleasing || (this.#running !== undefined && !this.#isBackingOff)
  }

  /** Begins. What the store cannot do now is tried again later. */
  async start(): Promise<void> {
    const { outbox, platform } = this.#options
    this.#trimmedMs = platform.monotonicMs()
    this.#unlisten = outbox.onAppend(() => this.#appended(), { owns: (partition) => this.#partitions.has(partition) })
    await this.#renew()
    this.#planDue(platform.now())
  }

  /** Finishes the batch in work, and lets other replicas have its partitions at once. */
  async stop(): Promise<void> {
    this.#unlisten?.()
    this.#renewing?.cancel()
    this.#dueTimer?.cancel()
    this.#stopping.abort()
    await this.#running
    if (this.#lease) await this.#options.outbox.leases.release([this.#lease]).catch(() => undefined)
  }

  #appended(): void {
    this.#wake()
    // It may have been a delayed one. Asking each time would cost as much as relaying.
    this.#planDue(this.#options.platform.now() + dueAccuracyMs)
  }

  #wake(): void {
    this.#woken = true
    if (this.#stopping.signal.aborted) return
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    while ((this.#woken || this.#arrived.length > 0) && !this.#stopping.signal.aborted) {
      const mayBeMore = this.#woken
      this.#woken = false
      try {
        if (!mayBeMore) await this.#deleteArrived()
        else if (await this.#moveBatch()) this.#woken = true
        this.#succeeded()
      } catch (error) {
        await this.#backOff(error)
        this.#woken = true
      }
    }
    // It is stopping. Otherwise nothing may come between the last look at what has woken it and this.
    if (this.#arrived.length > 0) await this.#deleteArrived().catch(() => undefined)
    this.#running = undefined
  }

  async #deleteArrived(): Promise<void> {
    if (this.#arrived.length > 0) await this.#options.outbox.deleteOutbox(this.#arrived)
    this.#arrived = []
  }

  /** Whether there may be more. */
  async #moveBatch(): Promise<boolean> {
    const { outbox } = this.#options
    if (this.#partitions.size === 0) return false
    const all = this.#partitions.size === outboxPartitions
    const limit = this.#batchSize
    const records = await outbox.readOutbox({
      limit,
      arrived: this.#arrived,
      ...(!all && { partitions: [...this.#partitions] }),
    })
    this.#arrived = []
    if (records.length === 0) return false
    this.#batchSize = nextBatchSize(records, limit)
    await this.#move(records, (moved) => void (this.#arrived = moved.map(({ position }) => ({ position }))))
    return records.length === limit
  }

  /** To the bus, and out of the outbox: at once, unless `arrived` takes care of that. */
  async #move(
    records: readonly StoredRecord[],
    arrived: (moved: readonly StoredRecord[]) => void | Promise<void> = (moved) =>
      this.#options.outbox.deleteOutbox(moved),
  ): Promise<void> {
    try {
      await this.#options.bus.publish(records.map((record) => toBusMessage(record)))
    } catch (error) {
      const left = await this.#deleteStored(records, storedDespite(error))
      if (!isRefusal(error)) throw error
      return this.#moveApart(left, error)
    }
    await arrived(records)
  }

  /** One of them is refused for good: it is found by halving, so that the others leave, and in their order. */
  async #moveApart(records: readonly StoredRecord[], refusal: Error): Promise<void> {
    const [first] = records
    if (first === undefined) return
    if (records.length === 1) return this.#setAside(first, refusal)
    const middle = Math.ceil(records.length / 2)
    await this.#move(records.slice(0, middle))
    await this.#move(records.slice(middle))
  }

  async #deleteStored(records: readonly StoredRecord[], stored: ReadonlySet<string>): Promise<readonly StoredRecord[]> {
    if (stored.size === 0) return records
    await this.#options.outbox.deleteOutbox(records.filter(({ id }) => stored.has(id)))
    return records.filter(({ id }) => !stored.has(id))
  }

  async #setAside(record: StoredRecord, error: Error): Promise<void> {
    const { outbox, platform, nextId, onSetAside } = this.#options
    const letter = toRefusedLetter(record, { id: nextId(), error, atMs: platform.now() })
    if (await outbox.setAside(record, letter)) onSetAside(letter)
  }

  #succeeded(): void {
    if (this.#failures > 1) this.#options.onState({ state: 'recovered' })
    this.#failures = 0
  }

  async #backOff(cause: unknown): Promise<void> {
    const { platform, onState } = this.#options
    this.#failures += 1
    this.#batchSize = Math.min(this.#batchSize, cautiousBatchSize)
    // Once may be a bus that restarts.
    if (this.#failures === 2) onState({ state: 'stalled', error: cause })
    const waitMs = backoffMs(platform, this.#failures, tryingAgain)
    this.#isBackingOff = true
    await delay(platform, waitMs, this.#stopping.signal).catch(() => undefined)
    this.#isBackingOff = false
  }

  /** Says that this replica lives, looks who else does, and shares the partitions out. */
  async #renew(): Promise<void> {
    const { outbox, owner, platform } = this.#options
    const name = `${memberPrefix}${owner}`
    try {
      this.#lease = await outbox.leases.acquire(name, { owner, ttlMs: memberTtlMs })
      const members = (await outbox.leases.list(memberPrefix)).map((lease) => lease.name)
      this.#share([...new Set([...members, name])].toSorted(), name)
    } catch {
      // Without the store there is nothing to relay either; the partitions stay as they are.
    }
    if (platform.monotonicMs() - this.#trimmedMs > trimEveryMs) this.#trim()
    if (!this.#stopping.signal.aborted)
      this.#renewing = platform.setTimer(() => void this.#renew(), renewEveryMs, 'upkeep').unref()
  }

  #share(members: readonly string[], own: string): void {
    const place = members.indexOf(own)
    const mine = Array.from({ length: outboxPartitions }, (_, partition) => partition).filter(
      (partition) => partition % members.length === place,
    )
    const isNew = mine.some((partition) => !this.#partitions.has(partition))
    this.#partitions = new Set(mine)
    if (isNew) this.#wake()
  }

  #trim(): void {
    const { outbox, platform } = this.#options
    this.#trimmedMs = platform.monotonicMs()
    outbox.trim().catch(() => undefined)
  }

  #planDue(atMs: number): void {
    if (atMs >= this.#dueAtMs || this.#stopping.signal.aborted) return
    const { platform } = this.#options
    this.#dueTimer?.cancel()
    this.#dueAtMs = atMs
    const waitMs = Math.min(longestTimerMs, Math.max(0, atMs - platform.now()))
    this.#dueTimer = platform.setTimer(() => void this.#releaseDue(), waitMs).unref()
  }

  async #releaseDue(): Promise<void> {
    const { outbox, platform } = this.#options
    this.#dueAtMs = Infinity
    this.#isReleasing = true
    try {
      const { released, nextDueMs } = await outbox.releaseDue()
      if (released > 0) this.#wake()
      if (nextDueMs !== undefined) this.#planDue(nextDueMs)
    } catch {
      this.#planDue(platform.now() + tryingAgain.longestMs)
    } finally {
      this.#isReleasing = false
    }
  }
}

/** As many as in this batch would have fit into {@link batchCharacters}, but not suddenly more. */
function nextBatchSize(records: readonly StoredRecord[], limit: number): number {
  let characters = 0
  for (const { envelope } of records) characters += envelope.length
  const fitting = Math.floor((records.length * batchCharacters) / Math.max(1, characters))
  return Math.max(1, Math.min(batchSize, fitting, limit * batchGrowth))
}
