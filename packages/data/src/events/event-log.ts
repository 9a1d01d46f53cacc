import type { TraceContext } from '@holon/contract'

import type { DeadLetter, DeadLetters } from './dead-letters.ts'
import type { Leases } from './leases.ts'
import type { ScheduleTable } from './schedules.ts'
import type { Tries } from './tries.ts'

/** An event on its way from a transaction to the bus. */
export interface OutboxRecord {
  /** The message's id, at most 255 characters. What the subscribers' inboxes remember. */
  readonly id: string
  readonly topic: string
  /** Records of one key leave in the order in which they were appended. */
  readonly key: string
  /** JSON text; nothing in here looks into it. */
  readonly envelope: string
  /** Milliseconds since the epoch before which the record stays hidden. It holds up no other record, of no key. */
  readonly notBefore?: number
}

/** A record as it lies in the outbox. */
export interface StoredRecord extends OutboxRecord {
  /** Increases in the order of appending. No two records ever have the same, not even after one was deleted. */
  readonly position: number
  /** From 0 to {@link outboxPartitions} - 1; depends on the key alone. */
  readonly partition: number
}

/** What identifies one application of a message by one subscription. */
export interface Receipt {
  readonly subscription: string
  readonly messageId: string
}

/** What identifies the application of several messages by one subscription. */
export interface Receipts {
  readonly subscription: string
  readonly messageIds: readonly string[]
}

export interface AppendListenerOptions {
  /**
   * Whether this process itself relays a partition. As long as it does so for all that it appends to, no other process
   * is told of an append. By default it does for none.
   */
  readonly owns?: (partition: number) => boolean
}

/**
 * The tables of a store with which events are neither lost nor applied twice. `X` is a transaction of the store.
 * Everything that takes `X` becomes true when that transaction commits.
 */
export interface EventLog<X> {
  /** Puts records into the outbox, inside the caller's transaction. */
  append(tx: X, records: readonly OutboxRecord[]): Promise<void>
  /**
   * Writes the receipt. `false`: it was written before, and the message must not be applied again. Waits for the end of
   * another transaction that writes the same one. Do it first. It fails where the engine refuses the transaction: with
   * isolation above read committed, and on MySQL also when the other one rolls back; then run the transaction again.
   */
  receive(tx: X, receipt: Receipt): Promise<boolean>
  /** The receipts of several messages in one statement. Resolves to those that had none yet. See {@link receive}. */
  receiveAll(tx: X, receipts: Receipts): Promise<ReadonlySet<string>>
  /** Removes a receipt, so that its message is applied when it comes again. */
  forget(tx: X, receipt: Receipt): Promise<void>
  /**
   * Removes the receipts of a subscription that were written at a time or later, in small steps, also those of transactions
   * that run when it is called: it waits for their end. Resolves to how many. Rejects with `aborted` when such a transaction
   * does not end within 45 s.
   */
  forgetSince(subscription: string, sinceMs: number): Promise<number>
  /** Receipt and work in one transaction. `applied: false`: the work was not called, as it was done before. */
  applyOnce<T>(receipt: Receipt, work: (tx: X) => Promise<T>, options?: ApplyOptions): Promise<Applied<T>>
  /**
   * Receipts and work of several messages in one transaction: several times cheaper than one for each, and undone for all if
   * it fails for one. `work` gets the ids of those that were not applied before; it is not called if there are none.
   */
  applyAllOnce<T>(
    receipts: Receipts,
    work: (tx: X, fresh: ReadonlySet<string>) => Promise<T>,
    options?: ApplyOptions,
  ): Promise<Applied<T>>
  /**
   * The oldest records in the order of appending, of the given partitions or of all. A record is returned until it is
   * deleted. Every record that was committed before the append of another one began comes with or before it.
   */
  readOutbox(options: ReadOutboxOptions): Promise<StoredRecord[]>
  /** Deletes what has arrived on the bus. */
  deleteOutbox(records: readonly Pick<StoredRecord, 'position'>[]): Promise<void>
  /** Makes a record that can never leave a dead letter. `false`: it was not in the outbox any more, and nothing was done. */
  setAside(record: Pick<StoredRecord, 'position'>, letter: DeadLetter): Promise<boolean>
  /** Puts the records whose time has come at the end of the outbox. Resolves to when the next one is due. */
  releaseDue(): Promise<{ readonly released: number; readonly nextDueMs: number | undefined }>
  /**
   * Calls `wake` after the commit of transactions that have appended: at once for those of this process, shortly after
   * for those of others. May call without need. The first listener opens what that takes; the returned function ends it.
   */
  onAppend(wake: () => void, options?: AppendListenerOptions): () => void
  /** How many records wait in the outbox, without the delayed ones, and for how long the oldest has done so. */
  lag(): Promise<{ readonly waiting: number; readonly oldestMs: number }>
  /** Deletes receipts and counted tries older than the retention, in small steps. Resolves to how many. Default 7 days. */
  trim(options?: { readonly retentionMs?: number }): Promise<number>
  readonly leases: Leases
  readonly deadLetters: DeadLetters<X>
  readonly schedules: ScheduleTable<X>
  readonly tries: Tries<X>
}

export interface ReadOutboxOptions {
  readonly limit: number
  readonly partitions?: readonly number[]
  /** Deleted first, as by `deleteOutbox`; where the engine can, in the same statement. */
  readonly arrived?: readonly Pick<StoredRecord, 'position'>[]
}

export interface ApplyOptions {
  /** Rolls back and rejects with its reason, unless the commit has begun. */
  readonly signal?: AbortSignal
  /** Rolls back and rejects after this time. Default: that of the store's transactions. */
  readonly timeoutMs?: number
  /** The trace that events published in it belong to. */
  readonly trace?: TraceContext
}

export type Applied<T> = { readonly applied: true; readonly value: T } | { readonly applied: false }
