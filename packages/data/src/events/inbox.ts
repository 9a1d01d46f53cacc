import type { Receipt } from './event-log.ts'
import { type EventSql, insertOnce } from './event-sql.ts'
import { assertShortEnough } from './short-enough.ts'

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
    for (let trimmed = 0; ; ) {
      const { affected } = await this.#sql.run(undefined, statement, [before])
      trimmed += affected
      if (affected < trimStep) return trimmed
    }
  }
}
