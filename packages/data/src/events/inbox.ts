import type { Applied, ApplyOptions, Receipt } from './event-log.ts'
import { type EventSql, insertOnce } from './event-sql.ts'
import { assertShortEnough } from './short-enough.ts'

const mostTries = 50
const trimStep = 1_000
const defaultRetentionMs = 7 * 24 * 3_600_000

/** Remembers which message was applied by which subscription. */
export class Inbox<X> {
  readonly #sql: EventSql<X>

  constructor(sql: EventSql<X>) {
    this.#sql = sql
  }

  async receive(tx: X, { subscription, messageId }: Receipt): Promise<boolean> {
    assertShortEnough({ subscription, 'message id': messageId })
    return insertOnce(this.#sql, tx, {
      sql: 'insert into holon_inbox (subscription, message_id, received_at) values (?, ?, ?)',
      parameters: [subscription, messageId, this.#sql.platform.now()],
    })
  }

  /**
   * In InnoDB, a transaction that inserts a row and rolls back leaves all those that waited to insert the same row in each
   * other's way. Nothing but the receipt was tried by then, so they try again.
   */
  async applyOnce<T>(receipt: Receipt, work: (tx: X) => Promise<T>, options?: ApplyOptions): Promise<Applied<T>> {
    const { dialect, transaction } = this.#sql
    for (let tries = 1; ; tries += 1) {
      let received: boolean | undefined
      try {
        return await transaction(async (tx): Promise<Applied<T>> => {
          received = await this.receive(tx, receipt)
          return received ? { applied: true, value: await work(tx) } : { applied: false }
        }, options)
      } catch (error) {
        if (received !== undefined || tries === mostTries || !dialect.isDeadlock(error)) throw error
      }
    }
  }

  async forget(tx: X, { subscription, messageId }: Receipt): Promise<void> {
    await this.#sql.run(
      tx,
      this.#sql.dialect.text('delete from holon_inbox where subscription = ? and message_id = ?'),
      [subscription, messageId],
    )
  }

  /** In steps, so that no statement holds its locks for long. */
  async trim(retentionMs: number = defaultRetentionMs): Promise<number> {
    const { dialect, platform } = this.#sql
    const statement = dialect.text(
      dialect.deleteSome({
        table: 'holon_inbox',
        key: 'subscription, message_id',
        where: 'received_at < ?',
        limit: trimStep,
      }),
    )
    const before = platform.now() - retentionMs
    for (let trimmed = 0; ;) {
      const { affected } = await this.#sql.run(undefined, statement, [before])
      trimmed += affected
      if (affected < trimStep) return trimmed
    }
  }
}
