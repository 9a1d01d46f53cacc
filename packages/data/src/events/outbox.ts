import type { OutboxRecord, ReadOutboxOptions, StoredRecord } from './event-log.ts'
import type { EventSql, SqlValue } from './event-sql.ts'
import { partitionOf } from './partition-of.ts'
import { integer, text } from './read-row.ts'
import { assertRecord } from './storable.ts'

/** The rows that one insert may bring; engines bound the parameters of a statement. */
const rowsPerInsert = 200
const columnsPerRow = 6
/** And its characters: MariaDB takes statements of at most 16 MB unless configured otherwise. A larger row goes alone. */
const charactersPerInsert = 4_000_000
const deletesPerStatement = 1_000

type Table = 'holon_outbox' | 'holon_delayed'

/** Holds what was published in a transaction until the relay has brought it to the bus, and the delayed until its time. */
export class Outbox<X> {
  readonly #sql: EventSql<X>
  readonly #inserts: Map<string, string> = new Map()

  constructor(sql: EventSql<X>) {
    this.#sql = sql
  }

  /** `last`: nothing but the commit follows. */
  async append(tx: X, records: readonly OutboxRecord[], { last }: { readonly last: boolean }): Promise<void> {
    for (const record of records) assertRecord(record)
    const now = this.#sql.platform.now()
    const ready = records.filter(({ notBefore = 0 }) => notBefore <= now)
    const delayed = records.filter(({ notBefore = 0 }) => notBefore > now)
    await this.#insert(tx, 'holon_delayed', { records: delayed, timeOf: ({ notBefore = now }) => notBefore })
    await this.#insert(tx, 'holon_outbox', { records: ready, timeOf: () => now, last })
  }

  async read({ limit, partitions, arrived = [] }: ReadOutboxOptions): Promise<StoredRecord[]> {
    const { dialect } = this.#sql
    const together = dialect.deletesInSelect && arrived.length > 0 && arrived.length <= deletesPerStatement
    if (!together) await this.delete(arrived)
    const gone = together ? dialect.oneOf('position', positionsOf(arrived)) : undefined
    const among = partitions && dialect.oneOf('partition_id', partitions)
    // The select sees what was there before the delete.
    const where = [gone && `not ${gone.sql}`, among?.sql].filter((condition) => condition !== undefined)
    const statement = [
      ...(gone ? [`with arrived as (delete from holon_outbox where ${gone.sql})`] : []),
      'select position, id, topic, event_key, partition_id, envelope from holon_outbox',
      ...(where.length > 0 ? [`where ${where.join(' and ')}`] : []),
      'order by position limit ?',
    ].join(' ')
    const positions = gone?.parameters ?? []
    const parameters = [...positions, ...positions, ...(among?.parameters ?? []), limit]
    const { rows } = await this.#sql.run(undefined, dialect.text(statement), parameters)
    return rows.map(toRecord)
  }

  async delete(records: readonly Pick<StoredRecord, 'position'>[]): Promise<void> {
    const { dialect } = this.#sql
    for (let from = 0; from < records.length; from += deletesPerStatement) {
      const among = dialect.oneOf('position', positionsOf(records.slice(from, from + deletesPerStatement)))
      await this.#sql.run(undefined, dialect.text(`delete from holon_outbox where ${among.sql}`), among.parameters)
    }
  }

  /** `false`: it is not there, or another transaction took it. */
  async take(tx: X, { position }: Pick<StoredRecord, 'position'>): Promise<boolean> {
    const statement = this.#sql.dialect.text('delete from holon_outbox where position = ?')
    return (await this.#sql.run(tx, statement, [position])).affected === 1
  }

  /** In one transaction, so that no record is in both tables or in none, whatever happens between. */
  async releaseDue(): Promise<{ released: number; nextDueMs: number | undefined }> {
    const now = this.#sql.platform.now()
    const next = await this.#nextDue()
    if (next === undefined || next > now) return { released: 0, nextDueMs: next }
    const released = await this.#sql.transaction((tx) => this.#release(tx, now))
    return { released, nextDueMs: await this.#nextDue() }
  }

  async lag(): Promise<{ waiting: number; oldestMs: number }> {
    const { rows } = await this.#sql.run(
      undefined,
      `select (select count(*) from holon_outbox) as waiting,
       (select appended_at from holon_outbox order by position limit 1) as oldest`,
      [],
    )
    const [row = {}] = rows
    if (row['oldest'] === null || row['oldest'] === undefined) return { waiting: 0, oldestMs: 0 }
    return {
      waiting: integer(row, 'waiting'),
      oldestMs: Math.max(0, this.#sql.platform.now() - integer(row, 'oldest')),
    }
  }

  async #nextDue(): Promise<number | undefined> {
    const { rows } = await this.#sql.run(undefined, 'select min(due_at) as due from holon_delayed', [])
    const [row] = rows
    return row === undefined || row['due'] === null ? undefined : integer(row, 'due')
  }

  async #release(tx: X, now: number): Promise<number> {
    const { dialect } = this.#sql
    const { rows } = await this.#sql.run(
      tx,
      dialect.text(
        `select position, id, topic, event_key, partition_id, envelope from holon_delayed
         where due_at <= ? order by due_at, position limit ${rowsPerInsert} ${dialect.forUpdate}`,
      ),
      [now],
    )
    const records = rows.map(toRecord)
    if (records.length === 0) return 0
    await this.#insert(tx, 'holon_outbox', { records, timeOf: () => now })
    const among = dialect.oneOf(
      'position',
      records.map(({ position }) => position),
    )
    await this.#sql.run(tx, dialect.text(`delete from holon_delayed where ${among.sql}`), among.parameters)
    return records.length
  }

  async #insert(
    tx: X,
    table: Table,
    {
      records,
      timeOf,
      last = false,
    }: {
      readonly records: readonly OutboxRecord[]
      readonly timeOf: (record: OutboxRecord) => number
      readonly last?: boolean
    },
  ): Promise<void> {
    let parameters: SqlValue[] = []
    let characters = 0
    const insert = async (isLast: boolean): Promise<void> => {
      const statement = this.#insertText(table, parameters.length / columnsPerRow)
      const text = isLast ? (this.#sql.withCommit ?? '') + statement : statement
      await this.#sql.run(tx, text, parameters)
    }
    for (const record of records) {
      // Once: it is made when it is asked for.
      const { envelope } = record
      const isFull =
        parameters.length === rowsPerInsert * columnsPerRow || characters + envelope.length > charactersPerInsert
      if (isFull && parameters.length > 0) {
        await insert(false)
        parameters = []
        characters = 0
      }
      parameters.push(record.id, record.topic, record.key, partitionOf(record.key), envelope, timeOf(record))
      characters += envelope.length
    }
    if (parameters.length > 0) await insert(last)
  }

  #insertText(table: Table, rows: number): string {
    const name = `${table} ${rows}`
    const known = this.#inserts.get(name)
    if (known !== undefined) return known
    const time = table === 'holon_outbox' ? 'appended_at' : 'due_at'
    const values = Array.from({ length: rows }, () => '(?, ?, ?, ?, ?, ?)').join(', ')
    const made = this.#sql.dialect.text(
      `insert into ${table} (id, topic, event_key, partition_id, envelope, ${time}) values ${values}`,
    )
    this.#inserts.set(name, made)
    return made
  }
}

function positionsOf(records: readonly Pick<StoredRecord, 'position'>[]): readonly number[] {
  return records.map(({ position }) => position)
}

function toRecord(row: Readonly<Record<string, unknown>>): StoredRecord {
  return {
    position: integer(row, 'position'),
    id: text(row, 'id'),
    topic: text(row, 'topic'),
    key: text(row, 'event_key'),
    partition: integer(row, 'partition_id'),
    envelope: text(row, 'envelope'),
  }
}
