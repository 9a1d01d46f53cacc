import { AppendListeners } from './append-listeners.ts'
import { createDeadLetters } from './dead-letters.ts'
import type { EventLog, OutboxRecord } from './event-log.ts'
import type { EventSql } from './event-sql.ts'
import { Inbox } from './inbox.ts'
import { createLeases } from './leases.ts'
import { Outbox } from './outbox.ts'
import { partitionOf } from './partition-of.ts'
import { createSchedules } from './schedules.ts'
import { createTries } from './tries.ts'

/** An event log that its store closes. */
export interface OpenEventLog<X> extends EventLog<X> {
  /** `append` of those who know that nothing but the commit follows. */
  appendLast(tx: X, records: readonly OutboxRecord[]): Promise<void>
  /** Tells nobody any more. The store's connections are its own to close. */
  close(): Promise<void>
}

const defaultRetentionMs = 7 * 24 * 3_600_000

/** The event log over the tables that `prepareEventTables` has made. */
export function createEventLog<X>(sql: EventSql<X>): OpenEventLog<X> {
  const outbox = new Outbox(sql)
  const inbox = new Inbox(sql)
  const tries = createTries(sql)
  const deadLetters = createDeadLetters(sql)
  const listeners = new AppendListeners(sql.platform, sql.signal)
  const append = async (tx: X, records: readonly OutboxRecord[], last: boolean): Promise<void> => {
    if (records.length === 0) return
    await outbox.append(tx, records, { last })
    const partitions = new Set(records.map(({ key }) => partitionOf(key)))
    sql.afterCommit(tx, () => listeners.appended(partitions))
  }
  return {
    append: (tx, records) => append(tx, records, false),
    appendLast: (tx, records) => append(tx, records, true),
    receive: (tx, receipt) => inbox.receive(tx, receipt),
    receiveAll: (tx, receipts) => inbox.receiveAll(tx, receipts),
    applyAllOnce: (receipts, work, options) => inbox.applyAllOnce(receipts, work, options),
    forget: (tx, receipt) => inbox.forget(tx, receipt),
    forgetSince: (subscription, sinceMs) => inbox.forgetSince(subscription, sinceMs),
    applyOnce: (receipt, work, options) => inbox.applyOnce(receipt, work, options),
    readOutbox: (options) => outbox.read(options),
    deleteOutbox: (records) => outbox.delete(records),
    setAside: (record, letter) =>
      sql.transaction(async (tx) => {
        const wasThere = await outbox.take(tx, record)
        if (wasThere) await deadLetters.put(tx, letter)
        return wasThere
      }),
    releaseDue: () => outbox.releaseDue(),
    onAppend: (wake, options) => listeners.add(wake, options),
    lag: () => outbox.lag(),
    trim: async ({ retentionMs = defaultRetentionMs } = {}) =>
      (await inbox.trim(retentionMs)) + (await tries.trim(retentionMs)),
    leases: createLeases(sql),
    deadLetters,
    schedules: createSchedules(sql),
    tries,
    close: () => listeners.close(),
  }
}
