import { type EventSql, insertOnce, type SqlValue } from './event-sql.ts'
import { integer, optionalInteger, text } from './read-row.ts'
import { storedId, storedText } from './storable.ts'

/**
 * Why a message was given up: its handler `failed`; it is a `mismatch` with the contract; its process ended while it was
 * handled (`crashed`); no bus takes it as it is (`unpublishable`). Newer versions may know more.
 */
export type DeadLetterReason = 'failed' | 'mismatch' | 'crashed' | 'unpublishable'

/** Each {@link DeadLetterReason} that this version knows. */
export const deadLetterReasons: readonly DeadLetterReason[] = ['failed', 'mismatch', 'crashed', 'unpublishable']

/** A message that a subscription gave up on, or that could not leave the outbox of its publisher. */
export interface DeadLetter {
  readonly id: string
  /** {@link outboxSubscription} where it has not come as far as to one. */
  readonly subscription: string
  readonly messageId: string
  readonly topic: string
  readonly key: string
  /** The event as it came: JSON text. */
  readonly envelope: string
  readonly reason: DeadLetterReason
  readonly error: DeadLetterError
  readonly attempts: number
  readonly firstFailedAtMs: number
  readonly lastFailedAtMs: number
}

export interface DeadLetterError {
  readonly code: string
  readonly message: string
  /** The messages of the causes, outermost first. */
  readonly causes: readonly string[]
}

export interface StoredDeadLetter extends DeadLetter {
  readonly position: number
  readonly replayedAtMs: number | undefined
}

/** All that are given must hold. Times are those of the last failure, from inclusive, until exclusive. */
export interface DeadLetterFilter {
  readonly subscription?: string
  readonly topic?: string
  readonly key?: string
  readonly reason?: DeadLetterReason
  readonly replayed?: boolean
  readonly fromMs?: number
  readonly untilMs?: number
  /** Only those before this position: the last of the page before. */
  readonly before?: number
  /** Default 100. */
  readonly limit?: number
}

export interface DeadLetters<X> {
  /** Keeps a letter; the same id once. Of what no store can hold in it (U+0000), the nearest is kept. */
  put(tx: X | undefined, letter: DeadLetter): Promise<void>
  /** The newest first. */
  list(filter?: DeadLetterFilter): Promise<StoredDeadLetter[]>
  count(filter?: DeadLetterFilter): Promise<number>
  get(id: string): Promise<StoredDeadLetter | undefined>
  /** `false`: there was none. */
  remove(id: string, tx?: X): Promise<boolean>
  /** `false`: there is none, or it was marked before. */
  markReplayed(id: string, tx?: X): Promise<boolean>
}

/** Stands for the subscription in dead letters that could not leave the outbox. No subscription can have this name. */
export const outboxSubscription = '~outbox'

const columns =
  'id, subscription, message_id, topic, event_key, envelope, reason, error, attempts, first_failed_at, last_failed_at'

export function createDeadLetters<X>(sql: EventSql<X>): DeadLetters<X> {
  const { dialect, platform } = sql
  const run: typeof sql.run = (tx, statement, parameters) => sql.run(tx, dialect.text(statement), parameters)
  return {
    async put(tx, letter) {
      await insertOnce(sql, tx, {
        sql: `insert into holon_dead_letters (${columns}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        parameters: toParameters(letter),
      })
    },
    async list(filter = {}) {
      const { where, parameters } = conditions(filter)
      const { rows } = await run(
        undefined,
        `select position, replayed_at, ${columns} from holon_dead_letters ${where} order by position desc limit ?`,
        [...parameters, filter.limit ?? 100],
      )
      return rows.map(toLetter)
    },
    async count(filter = {}) {
      const { where, parameters } = conditions(filter)
      const { rows } = await run(undefined, `select count(*) as total from holon_dead_letters ${where}`, parameters)
      return rows[0] ? integer(rows[0], 'total') : 0
    },
    async get(id) {
      const { rows } = await run(
        undefined,
        `select position, replayed_at, ${columns} from holon_dead_letters where id = ?`,
        [id],
      )
      return rows[0] && toLetter(rows[0])
    },
    async remove(id, tx) {
      return (await run(tx, 'delete from holon_dead_letters where id = ?', [id])).affected === 1
    },
    async markReplayed(id, tx) {
      const { affected } = await run(
        tx,
        'update holon_dead_letters set replayed_at = ? where id = ? and replayed_at is null',
        [platform.now(), id],
      )
      return affected === 1
    },
  }
}

function conditions(filter: DeadLetterFilter): { readonly where: string; readonly parameters: SqlValue[] } {
  const { subscription, topic, key, reason, replayed, fromMs, untilMs, before } = filter
  const compared: readonly (readonly [string, SqlValue | undefined])[] = [
    ['subscription = ?', subscription],
    ['topic = ?', topic],
    ['event_key = ?', key],
    ['reason = ?', reason],
    ['last_failed_at >= ?', fromMs],
    ['last_failed_at < ?', untilMs],
    ['position < ?', before],
  ]
  const given = compared.flatMap(([condition, value]) => (value === undefined ? [] : [{ condition, value }]))
  const parts = given.map(({ condition }) => condition)
  if (replayed !== undefined) parts.push(`replayed_at is ${replayed ? 'not ' : ''}null`)
  return {
    where: parts.length === 0 ? '' : `where ${parts.join(' and ')}`,
    parameters: given.map(({ value }) => value),
  }
}

function toParameters(letter: DeadLetter): SqlValue[] {
  return [
    letter.id,
    letter.subscription,
    storedId(letter.messageId),
    letter.topic,
    storedText(letter.key),
    storedText(letter.envelope),
    letter.reason,
    JSON.stringify(letter.error),
    letter.attempts,
    letter.firstFailedAtMs,
    letter.lastFailedAtMs,
  ]
}

function toLetter(row: Readonly<Record<string, unknown>>): StoredDeadLetter {
  return {
    position: integer(row, 'position'),
    id: text(row, 'id'),
    subscription: text(row, 'subscription'),
    messageId: text(row, 'message_id'),
    topic: text(row, 'topic'),
    key: text(row, 'event_key'),
    envelope: text(row, 'envelope'),
    reason: deadLetterReasons.find((known) => known === row['reason']) ?? 'failed',
    error: toError(text(row, 'error')),
    attempts: integer(row, 'attempts'),
    firstFailedAtMs: integer(row, 'first_failed_at'),
    lastFailedAtMs: integer(row, 'last_failed_at'),
    replayedAtMs: optionalInteger(row, 'replayed_at'),
  }
}

function toError(json: string): DeadLetterError {
  const found: unknown = JSON.parse(json)
  if (isError(found)) return found
  throw new TypeError('The column error does not hold what this version of Holon, or an older one, writes there.')
}

function isError(found: unknown): found is DeadLetterError {
  if (typeof found !== 'object' || found === null) return false
  return 'code' in found && 'message' in found && 'causes' in found && Array.isArray(found.causes)
}
