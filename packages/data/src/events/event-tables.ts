import type { Dialect, SqlRunner } from './event-sql.ts'
import { integer } from './read-row.ts'

/** How the engines write the same column. */
interface ColumnTypes {
  /** A key that orders rows by insertion and is never given twice. */
  readonly position: string
  /** A text of at most 255 characters, compared byte by byte, that can be a key. */
  readonly name: string
  readonly long: string
  readonly integer: string
  /** What follows the columns of a table from which most rows are deleted soon. */
  readonly queue: string
  /** MySQL cannot be asked for an index "if not exists", so it gets it with its table. */
  readonly index: 'inline' | 'apart'
}

const columnTypes: Readonly<Record<Dialect['name'], ColumnTypes>> = {
  postgres: {
    position: 'bigint generated always as identity primary key',
    name: 'text',
    long: 'text',
    integer: 'bigint',
    // The defaults wait for a fifth of the largest size that the table ever had; readers wade through the dead rows meanwhile.
    queue:
      ' with (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 1)',
    index: 'apart',
  },
  sqlite: {
    // Without `autoincrement` the number of a deleted row is given again when the table was empty.
    position: 'integer primary key autoincrement',
    name: 'text',
    long: 'text',
    integer: 'integer',
    queue: '',
    index: 'apart',
  },
  mysql: {
    position: 'bigint auto_increment primary key',
    name: 'varchar(255) character set utf8mb4 collate utf8mb4_bin',
    long: 'longtext character set utf8mb4',
    integer: 'bigint',
    queue: '',
    index: 'inline',
  },
}

/** The steps of the tables' history. Only ever append one, that the code of the step before can live with. */
const versions: readonly ((types: ColumnTypes) => readonly string[])[] = [firstVersion, secondVersion]

/** How many of them there are. */
export const eventTablesVersion: number = versions.length

function firstVersion(types: ColumnTypes): readonly string[] {
  const { position, name, long, integer: int, queue } = types
  const event = `id ${name} not null, topic ${name} not null, event_key ${long} not null,
    partition_id ${int} not null, envelope ${long} not null`
  const table = (title: string, columns: string, end = ''): string =>
    `create table if not exists ${title} (${columns})${end}`
  const indexed = (title: string, column: string, columns: string, end = ''): readonly string[] =>
    types.index === 'inline'
      ? [table(title, `${columns}, index (${column})`, end)]
      : [table(title, columns, end), `create index if not exists ${title}_${column} on ${title} (${column})`]
  return [
    table('holon_outbox', `position ${position}, ${event}, appended_at ${int} not null`, queue),
    ...indexed('holon_delayed', 'due_at', `position ${position}, ${event}, due_at ${int} not null`, queue),
    ...indexed(
      'holon_inbox',
      'received_at',
      `subscription ${name} not null, message_id ${name} not null, received_at ${int} not null,
       primary key (subscription, message_id)`,
    ),
    table(
      'holon_dead_letters',
      `position ${position}, id ${name} not null unique, subscription ${name} not null,
       message_id ${name} not null, topic ${name} not null, event_key ${long} not null, envelope ${long} not null,
       reason ${name} not null, error ${long} not null, attempts ${int} not null, first_failed_at ${int} not null,
       last_failed_at ${int} not null, replayed_at ${int}`,
    ),
    table(
      'holon_leases',
      `name ${name} not null primary key, owner ${name} not null, token ${int} not null, expires_at ${int} not null`,
    ),
    table(
      'holon_schedules',
      `name ${name} not null primary key, definition ${long} not null, due_at ${int} not null, last_run_at ${int}`,
    ),
  ]
}

/** The tries of messages that may end their process. */
function secondVersion({ name, integer: int }: ColumnTypes): readonly string[] {
  return [
    `create table if not exists holon_tries (subscription ${name} not null, message_id ${name} not null,
     begun ${int} not null, failed ${int} not null, first_begun_at ${int} not null, last_begun_at ${int} not null,
     primary key (subscription, message_id))`,
  ]
}

/** What {@link prepareEventTables} needs. */
export interface EventTablesOptions<X> extends Pick<SqlRunner<X>, 'run' | 'transaction'> {
  readonly dialect: Dialect
  /** Makes all other processes that prepare wait until the transaction ends, or until the function it gives is called. */
  lock(tx: X): Promise<void | (() => Promise<void>)>
}

/**
 * Makes the tables of events, or brings those of an older version of Holon up to date. Any number of processes may do so at
 * once. Tables of a newer version are left as they are: versions only add, so that during a rollout the old can restart.
 */
export async function prepareEventTables<X>(options: EventTablesOptions<X>): Promise<void> {
  await options.transaction(async (tx) => {
    const unlock = await options.lock(tx)
    try {
      await bringUpToDate(tx, options)
    } finally {
      await unlock?.()
    }
  })
}

async function bringUpToDate<X>(tx: X, { dialect, run }: EventTablesOptions<X>): Promise<void> {
  const { integer: int } = columnTypes[dialect.name]
  await run(tx, `create table if not exists holon_event_tables (version ${int} not null primary key)`, [])
  const { rows } = await run(tx, 'select coalesce(max(version), 0) as version from holon_event_tables', [])
  const current = rows[0] ? integer(rows[0], 'version') : 0
  for (const [index, steps] of versions.entries()) {
    if (index < current) continue
    for (const step of steps(columnTypes[dialect.name])) await run(tx, step, [])
    await run(tx, dialect.text('insert into holon_event_tables (version) values (?)'), [index + 1])
  }
}
