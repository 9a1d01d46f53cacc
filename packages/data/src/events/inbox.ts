import { delay, ServiceError } from '@holon/contract'

import type { Applied, ApplyOptions, Receipt, Receipts } from './event-log.ts'
import { type EventSql, insertOnce, type SqlValue } from './event-sql.ts'
import { text } from './read-row.ts'
import { assertName, storedId } from './storable.ts'

const insert = 'insert into holon_inbox (subscription, message_id, received_at)'
const receiptsPerInsert = 200
const mostTries = 50
const trimStep = 1_000
/** Longer than a handler's time limit is by default. */
const writersWithinMs = 45_000

/** Remembers which message was applied by which subscription. */
export class Inbox<X> {
  readonly #sql: EventSql<X>

  constructor(sql: EventSql<X>) {
    this.#sql = sql
  }

  async receive(tx: X, { subscription, messageId }: Receipt): Promise<boolean> {
    assertName('subscription', subscription)
    return insertOnce(this.#sql, tx, {
      sql: `${insert} values (?, ?, ?)`,
      parameters: [subscription, storedId(messageId), this.#sql.platform.now()],
    })
  }

  /** In the order of the ids, so that two transactions that want the same receipts do not wait for each other. */
  async receiveAll(tx: X, { subscription, messageIds }: Receipts): Promise<ReadonlySet<string>> {
    assertName('subscription', subscription)
    const ids = new Map(messageIds.map((id) => [storedId(id), id]))
    const inOrder = [...ids.keys()].toSorted()
    const fresh = this.#sql.dialect.returning
      ? await this.#insertAll(tx, subscription, inOrder)
      : await this.#insertEach(tx, subscription, inOrder)
    return new Set(fresh.map((stored) => ids.get(stored) ?? stored))
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
      [subscription, storedId(messageId)],
    )
  }

  trim(retentionMs: number): Promise<number> {
    return this.#deleteAll('received_at < ?', [this.#sql.platform.now() - retentionMs])
  }

  async forgetSince(subscription: string, sinceMs: number): Promise<number> {
    await this.#writersEnded()
    return this.#deleteAll('subscription = ? and received_at >= ?', [subscription, sinceMs])
  }

  /** Waits for the transactions that have receipts which a `delete` would not see, holding up no others. */
  async #writersEnded(): Promise<void> {
    const { dialect, platform, run } = this.#sql
    if (dialect.writers === undefined) return
    const statement = dialect.writers('holon_inbox')
    const running = async (): Promise<string[]> =>
      (await run(undefined, statement, [])).rows.map((row) => text(row, 'id'))
    const awaited = new Set(await running())
    const endMs = platform.monotonicMs() + writersWithinMs
    while (awaited.size > 0) {
      if (platform.monotonicMs() > endMs)
        throw new ServiceError(
          'aborted',
          `Receipts cannot be forgotten while ${awaited.size} transactions that write some run for more than ${writersWithinMs / 1000} s.`,
        )
      await delay(platform, 10)
      const left = new Set(await running())
      for (const id of awaited) if (!left.has(id)) awaited.delete(id)
    }
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

  async #insertEach(tx: X, subscription: string, ids: readonly string[]): Promise<readonly string[]> {
    const fresh: string[] = []
    for (const messageId of ids) if (await this.receive(tx, { subscription, messageId })) fresh.push(messageId)
    return fresh
  }

  async #insertAll(tx: X, subscription: string, ids: readonly string[]): Promise<readonly string[]> {
    const { dialect, platform, run } = this.#sql
    const now = platform.now()
    const fresh: string[] = []
    for (let from = 0; from < ids.length; from += receiptsPerInsert) {
      const chunk = ids.slice(from, from + receiptsPerInsert)
      const { sql, parameters } = this.#rows(subscription, chunk, now)
      const statement = dialect.text(`${insert} ${sql}${dialect.orIgnore} returning message_id`)
      const { rows } = await run(tx, statement, parameters)
      for (const row of rows) fresh.push(text(row, 'message_id'))
    }
    return fresh
  }

  #rows(subscription: string, ids: readonly string[], nowMs: number): { sql: string; parameters: readonly SqlValue[] } {
    const each = this.#sql.dialect.eachText?.(ids)
    if (each !== undefined)
      return { sql: `select ?::text, ${each.sql}, ?::bigint`, parameters: [subscription, each.parameter, nowMs] }
    const parameters = ids.flatMap((id) => [subscription, id, nowMs])
    return { sql: `values ${ids.map(() => '(?, ?, ?)').join(', ')}`, parameters }
  }
}
