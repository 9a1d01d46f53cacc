import type { Applied, ApplyOptions, Receipt, Receipts } from './event-log.ts'
import { type EventSql, insertOnce, type SqlValue } from './event-sql.ts'
import { text } from './read-row.ts'
import { assertShortEnough } from './short-enough.ts'

const insert = 'insert into holon_inbox (subscription, message_id, received_at)'
const receiptsPerInsert = 200
const mostTries = 50
const trimStep = 1_000

/** Remembers which message was applied by which subscription. */
export class Inbox<X> {
  readonly #sql: EventSql<X>

  constructor(sql: EventSql<X>) {
    this.#sql = sql
  }

  async receive(tx: X, { subscription, messageId }: Receipt): Promise<boolean> {
    assertShortEnough({ subscription, 'message id': messageId })
    return insertOnce(this.#sql, tx, {
      sql: `${insert} values (?, ?, ?)`,
      parameters: [subscription, messageId, this.#sql.platform.now()],
    })
  }

  /** In the order of the ids, so that two transactions that want the same receipts do not wait for each other. */
  async receiveAll(tx: X, { subscription, messageIds }: Receipts): Promise<ReadonlySet<string>> {
    const ids = [...new Set(messageIds)].toSorted()
    if (this.#sql.dialect.returning) return this.#insertAll(tx, subscription, ids)
    const fresh = new Set<string>()
    for (const messageId of ids) {
      if (await this.receive(tx, { subscription, messageId })) fresh.add(messageId)
    }
    return fresh
  }

  async applyOnce<T>(
    { subscription, messageId }: Receipt,
    work: (tx: X) => Promise<T>,
    options?: ApplyOptions,
  ): Promise<Applied<T>> {
    const receipt = async (tx: X): Promise<boolean> => this.receive(tx, { subscription, messageId })
    return this.#apply(receipt, (received) => received, { work, options })
  }

  applyAllOnce<T>(
    receipts: Receipts,
    work: (tx: X, fresh: ReadonlySet<string>) => Promise<T>,
    options?: ApplyOptions,
  ): Promise<Applied<T>> {
    return this.#apply(
      (tx) => this.receiveAll(tx, receipts),
      ({ size }) => size > 0,
      { work, options },
    )
  }

  async forget(tx: X, { subscription, messageId }: Receipt): Promise<void> {
    await this.#sql.run(
      tx,
      this.#sql.dialect.text('delete from holon_inbox where subscription = ? and message_id = ?'),
      [subscription, messageId],
    )
  }

  trim(retentionMs: number): Promise<number> {
    return this.#deleteAll('received_at < ?', [this.#sql.platform.now() - retentionMs])
  }

  forgetSince(subscription: string, sinceMs: number): Promise<number> {
    return this.#deleteAll('subscription = ? and received_at >= ?', [subscription, sinceMs])
  }

  /** In steps, so that no statement holds its locks for long. */
  async #deleteAll(where: string, parameters: readonly SqlValue[]): Promise<number> {
    const { dialect } = this.#sql
    const statement = dialect.text(
      dialect.deleteSome({ table: 'holon_inbox', key: 'subscription, message_id', where, limit: trimStep }),
    )
    for (let deleted = 0; ;) {
      const { affected } = await this.#sql.run(undefined, statement, parameters)
      deleted += affected
      if (affected < trimStep) return deleted
    }
  }

  /**
   * In InnoDB, a transaction that inserts a row and rolls back leaves all those that waited to insert the same row in each
   * other's way. Nothing but the receipt was tried by then, so they try again.
   */
  async #apply<R, T>(
    receive: (tx: X) => Promise<R>,
    isNews: (received: R) => boolean,
    {
      work,
      options,
    }: { readonly work: (tx: X, received: R) => Promise<T>; readonly options: ApplyOptions | undefined },
  ): Promise<Applied<T>> {
    const { dialect, transaction } = this.#sql
    for (let tries = 1; ; tries += 1) {
      let begun = false
      try {
        return await transaction(async (tx): Promise<Applied<T>> => {
          const received = await receive(tx)
          begun = true
          return isNews(received) ? { applied: true, value: await work(tx, received) } : { applied: false }
        }, options)
      } catch (error) {
        if (begun || tries === mostTries || !dialect.isDeadlock(error)) throw error
      }
    }
  }

  async #insertAll(tx: X, subscription: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { dialect, platform, run } = this.#sql
    const now = platform.now()
    const fresh = new Set<string>()
    for (let from = 0; from < ids.length; from += receiptsPerInsert) {
      const chunk = ids.slice(from, from + receiptsPerInsert)
      for (const id of chunk) assertShortEnough({ subscription, 'message id': id })
      const values = chunk.map(() => '(?, ?, ?)').join(', ')
      const { rows } = await run(
        tx,
        dialect.text(`${insert} values ${values}${dialect.orIgnore} returning message_id`),
        chunk.flatMap((id) => [subscription, id, now]),
      )
      for (const row of rows) fresh.add(text(row, 'message_id'))
    }
    return fresh
  }
}
