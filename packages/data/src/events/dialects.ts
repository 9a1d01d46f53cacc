import type { Dialect } from './event-sql.ts'

const numbered = (statement: string): string => {
  let count = 0
  return statement.replaceAll('?', () => `$${(count += 1)}`)
}

const deleteByKey: Dialect['deleteSome'] = ({ table, key, where, limit }) =>
  `delete from ${table} where (${key}) in (select ${key} from ${table} where ${where} limit ${limit})`

const listed: Dialect['oneOf'] = (column, values) => ({
  // Engines differ on an empty list.
  sql: values.length === 0 ? '1 = 0' : `${column} in (${values.map(() => '?').join(', ')})`,
  parameters: values,
})

/** As an element of a list that is written as text. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`

const never = (): boolean => false

const errnoOf = (error: unknown): unknown => (error instanceof Error && 'errno' in error ? error.errno : undefined)

export const postgresDialect: Dialect = {
  name: 'postgres',
  text: numbered,
  // One text for any number of values. As text, since not every driver takes arrays.
  oneOf: (column, values) => ({ sql: `${column} = any(?::bigint[])`, parameters: [`{${values.join(',')}}`] }),
  eachText: (values) => ({ sql: 'unnest(?::text[])', parameter: `{${values.map(quoted).join(',')}}` }),
  deletesInSelect: true,
  orIgnore: ' on conflict do nothing',
  returning: true,
  isDuplicate: never,
  isDeadlock: never,
  nowMs: () => '(extract(epoch from clock_timestamp()) * 1000)::bigint',
  writers: (table) =>
    `select distinct virtualtransaction as id from pg_locks where locktype = 'relation' and mode = 'RowExclusiveLock'
     and relation = '${table}'::regclass and database = (select oid from pg_database where datname = current_database())`,
  forUpdate: 'for update',
  deleteSome: deleteByKey,
}

export const sqliteDialect: Dialect = {
  name: 'sqlite',
  text: (statement) => statement,
  oneOf: listed,
  deletesInSelect: false,
  orIgnore: ' on conflict do nothing',
  returning: true,
  isDuplicate: never,
  isDeadlock: never,
  // All processes that have the file share the machine and its clock.
  nowMs: (platform) => String(Math.floor(platform.now())),
  forUpdate: '',
  deleteSome: deleteByKey,
}

/** MySQL and MariaDB. */
export const mysqlDialect: Dialect = {
  name: 'mysql',
  text: (statement) => statement,
  oneOf: listed,
  deletesInSelect: false,
  // `insert ignore` would hide other mistakes too, and counts rows differently from driver to driver.
  orIgnore: '',
  returning: false,
  isDuplicate: (error) => errnoOf(error) === 1062,
  isDeadlock: (error) => errnoOf(error) === 1213,
  nowMs: () => 'cast(unix_timestamp(now(3)) * 1000 as signed)',
  forUpdate: 'for update',
  deleteSome: ({ table, where, limit }) => `delete from ${table} where ${where} limit ${limit}`,
}
