import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'

import type { BusMessage } from '../bus.ts'
import type { LogRange } from './log-tail.ts'
import type { LoggedMessage, SubscriptionState } from './message-log.ts'

const schema = `
  create table if not exists topics (id integer primary key, name text not null unique) strict;
  create table if not exists messages (
    sequence integer primary key, topic integer not null, message_key text not null, id text not null,
    time_ms integer not null, attributes text not null, body text not null
  ) strict;
  create index if not exists messages_by_topic on messages (topic);
  create table if not exists subscriptions (
    name text primary key, topics text not null, cursor integer not null, outstanding text not null, paused integer not null
  ) strict;
`

const columns = 'm.sequence, t.name as topic, m.message_key, m.id, m.time_ms, m.attributes, m.body'
const joined = 'from messages m join topics t on t.id = m.topic'
const picksPerStatement = 500

type Row = Readonly<Record<string, SQLOutputValue>>

/** The tables of a log, and what is asked of them. Synchronous, as `node:sqlite` is. */
export class LogTables {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #readTopic: StatementSync
  readonly #saveState: StatementSync
  readonly #topics = new Map<string, number>()

  constructor(database: DatabaseSync) {
    this.#database = database
    database.exec(schema)
    this.#insert = database.prepare(
      'insert into messages (sequence, topic, message_key, id, time_ms, attributes, body) values (?, ?, ?, ?, ?, ?, ?)',
    )
    this.#readTopic = database.prepare(
      `select ${columns} ${joined} where m.topic = ? and m.sequence > ? and m.sequence <= ? order by m.sequence limit ?`,
    )
    this.#saveState = database.prepare(
      `insert into subscriptions (name, topics, cursor, outstanding, paused) values (?, ?, ?, ?, ?)
       on conflict (name) do update set topics = excluded.topics, cursor = excluded.cursor,
         outstanding = excluded.outstanding, paused = excluded.paused`,
    )
    for (const row of database.prepare('select id, name from topics').all())
      this.#topics.set(String(row['name']), Number(row['id']))
  }

  /** The highest number that was ever given out, as far as anything here remembers it. */
  lastSequence(): number {
    const row = this.#database
      .prepare(
        'select max(coalesce((select max(sequence) from messages), 0), coalesce((select max(cursor) from subscriptions), 0)) as last',
      )
      .get()
    return Number(row?.['last'] ?? 0)
  }

  /** Leaves a mark for the next one who opens this: all states are saved. Without it they are taken for older. */
  mark(): void {
    try {
      this.#database.exec('pragma user_version = 1')
    } catch {
      // A full disk.
    }
  }

  /** Whether the mark is there; removes it. */
  takeMark(): boolean {
    const isMarked = this.#database.prepare('pragma user_version').get()?.['user_version'] === 1
    this.#database.exec('pragma user_version = 0')
    return isMarked
  }

  /** In one transaction: all or none. */
  insert(messages: readonly BusMessage[], after: number): readonly LoggedMessage[] {
    return this.#transaction(() =>
      messages.map((message, index) => {
        const sequence = after + index + 1
        const { topic, key, id, timeMs, attributes, body } = message
        this.#insert.run(sequence, this.#topicId(topic), key, id, timeMs, JSON.stringify(attributes), body)
        return { sequence, message }
      }),
    )
  }

  /** By topic, so that a subscription far behind does not go through what is not for it. */
  read({ topics, after, until, limit }: LogRange): readonly LoggedMessage[] {
    const found = topics.flatMap((topic) => {
      const id = this.#topics.get(topic)
      return id === undefined ? [] : this.#readTopic.all(id, after, until, limit).map(toLogged)
    })
    if (topics.length > 1) found.sort((one, other) => one.sequence - other.sequence)
    return found.slice(0, limit)
  }

  pick(sequences: readonly number[]): readonly LoggedMessage[] {
    const found: LoggedMessage[] = []
    for (let from = 0; from < sequences.length; from += picksPerStatement) {
      const part = sequences.slice(from, from + picksPerStatement)
      const list = part.map(() => '?').join(', ')
      const statement = this.#database.prepare(
        `select ${columns} ${joined} where m.sequence in (${list}) order by m.sequence`,
      )
      found.push(...statement.all(...part).map(toLogged))
    }
    return found
  }

  count(topics: readonly string[], { after, until }: Pick<LogRange, 'after' | 'until'>): number {
    const statement = this.#database.prepare(
      'select count(*) as total from messages where topic = ? and sequence > ? and sequence <= ?',
    )
    const of = (topic: string): number => {
      const id = this.#topics.get(topic)
      return id === undefined ? 0 : Number(statement.get(id, after, until)?.['total'] ?? 0)
    }
    return topics.reduce((total, topic) => total + of(topic), 0)
  }

  placeBefore(timeMs: number): number | undefined {
    const row = this.#database.prepare('select min(sequence) as first from messages where time_ms >= ?').get(timeMs)
    const first = row?.['first']
    return typeof first === 'number' ? first - 1 : undefined
  }

  subscriptions(): readonly SubscriptionState[] {
    return this.#database
      .prepare('select name, topics, cursor, outstanding, paused from subscriptions')
      .all()
      .map((row) => ({
        name: String(row['name']),
        topics: JSON.parse(String(row['topics'])),
        cursor: Number(row['cursor']),
        outstanding: JSON.parse(String(row['outstanding'])),
        paused: row['paused'] === 1,
      }))
  }

  save(states: readonly SubscriptionState[]): void {
    this.#transaction(() => {
      for (const { name, topics, cursor, outstanding, paused } of states)
        this.#saveState.run(name, JSON.stringify(topics), cursor, JSON.stringify(outstanding), paused ? 1 : 0)
    })
  }

  forget(subscription: string): void {
    this.#database.prepare('delete from subscriptions where name = ?').run(subscription)
  }

  /** A step of trimming: deletes old messages below a number, the oldest first. Returns how many. */
  trim(below: number, beforeMs: number): number {
    const statement = this.#database.prepare(
      `delete from messages where sequence in (
         select sequence from messages where sequence < ? order by sequence limit 1000
       ) and time_ms < ?`,
    )
    return Number(statement.run(below, beforeMs).changes)
  }

  #topicId(name: string): number {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const { lastInsertRowid } = this.#database.prepare('insert into topics (name) values (?)').run(name)
    const id = Number(lastInsertRowid)
    this.#topics.set(name, id)
    return id
  }

  #transaction<T>(work: () => T): T {
    const topics = new Map(this.#topics)
    this.#database.exec('begin immediate')
    try {
      const result = work()
      this.#database.exec('commit')
      return result
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('rollback')
      // A topic whose row was rolled back must not be known by its number.
      this.#topics.clear()
      for (const [name, id] of topics) this.#topics.set(name, id)
      throw error
    }
  }
}

function toLogged(row: Row): LoggedMessage {
  const attributes: Record<string, string> = JSON.parse(String(row['attributes']))
  return {
    sequence: Number(row['sequence']),
    message: {
      id: String(row['id']),
      topic: String(row['topic']),
      key: String(row['message_key']),
      attributes,
      body: String(row['body']),
      timeMs: Number(row['time_ms']),
    },
  }
}
