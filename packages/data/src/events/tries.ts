import type { Receipt } from './event-log.ts'
import { type EventSql, insertOnce, type SqlValue } from './event-sql.ts'
import { integer } from './read-row.ts'
import { storedId } from './storable.ts'

/** How often something was tried. What was begun and has not failed has ended its process, or runs now. */
export interface CountedTries {
  readonly begun: number
  /** Those that came to an end, and failed. */
  readonly failed: number
  /** When the first and the last began. */
  readonly firstMs: number
  readonly lastMs: number
}

/**
 * Counts the tries of messages of which one must fear that they end their process: a row that is committed before the try
 * begins, so that it is there afterwards whatever becomes of the process.
 */
export interface Tries<X> {
  /** `received`: the message has its receipt, and is not to be tried again. */
  look(receipt: Receipt): Promise<{ readonly received: boolean; readonly tries: CountedTries | undefined }>
  /** A try begins. */
  begin(receipt: Receipt): Promise<void>
  /** The try that was begun last has failed, and its process lives. */
  fail(receipt: Receipt): Promise<void>
  /** The try that was begun last was given up by those who ran it: it does not count. */
  takeBack(receipt: Receipt): Promise<void>
  /** Forgets all tries. */
  remove(receipt: Receipt, tx?: X): Promise<void>
  /** Deletes the rows of which the last try is older than the retention. Resolves to how many. */
  trim(retentionMs: number): Promise<number>
}

const mine = 'subscription = ? and message_id = ?'

function named({ subscription, messageId }: Receipt): readonly SqlValue[] {
  return [subscription, storedId(messageId)]
}

export function createTries<X>(sql: EventSql<X>): Tries<X> {
  const { dialect, platform } = sql
  const run: typeof sql.run = (tx, statement, parameters) => sql.run(tx, dialect.text(statement), parameters)
  const update = async (change: string, receipt: Receipt, before: readonly SqlValue[] = []): Promise<void> => {
    await run(undefined, `update holon_tries set ${change} where ${mine}`, [...before, ...named(receipt)])
  }
  return {
    async look(receipt) {
      const { rows } = await run(
        undefined,
        `select r.receipts, t.begun, t.failed, t.first_begun_at, t.last_begun_at
         from (select count(*) as receipts from holon_inbox where ${mine}) r
         left join holon_tries t on t.subscription = ? and t.message_id = ?`,
        [...named(receipt), ...named(receipt)],
      )
      const [row = {}] = rows
      return { received: integer(row, 'receipts') > 0, tries: toTries(row) }
    },
    async begin(receipt) {
      const nowMs = platform.now()
      const isFirst = await insertOnce(sql, undefined, {
        sql: `insert into holon_tries (subscription, message_id, begun, failed, first_begun_at, last_begun_at)
              values (?, ?, 1, 0, ?, ?)`,
        parameters: [...named(receipt), nowMs, nowMs],
      })
      if (!isFirst) await update('begun = begun + 1, last_begun_at = ?', receipt, [nowMs])
    },
    fail: (receipt) => update('failed = failed + 1', receipt),
    takeBack: (receipt) => update('begun = begun - 1', receipt),
    async remove(receipt, tx) {
      await run(tx, `delete from holon_tries where ${mine}`, named(receipt))
    },
    async trim(retentionMs) {
      const { affected } = await run(undefined, 'delete from holon_tries where last_begun_at < ?', [
        platform.now() - retentionMs,
      ])
      return affected
    },
  }
}

function toTries(row: Readonly<Record<string, unknown>>): CountedTries | undefined {
  if (row['begun'] === null || row['begun'] === undefined) return undefined
  return {
    begun: integer(row, 'begun'),
    failed: integer(row, 'failed'),
    firstMs: integer(row, 'first_begun_at'),
    lastMs: integer(row, 'last_begun_at'),
  }
}
