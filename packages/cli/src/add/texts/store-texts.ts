export type StoreKind = 'sqlite' | 'postgres'

/** Words of SQL that a table can be called only in quotes. */
const reserved = new Set([
  ...[
    'all',
    'and',
    'any',
    'as',
    'case',
    'check',
    'column',
    'commit',
    'constraint',
    'create',
    'default',
    'distinct',
    'do',
  ],
  ...[
    'else',
    'end',
    'except',
    'fetch',
    'for',
    'foreign',
    'from',
    'grant',
    'group',
    'having',
    'in',
    'index',
    'into',
    'join',
  ],
  ...['limit', 'not', 'null', 'offset', 'on', 'or', 'order', 'primary', 'references', 'returning', 'select', 'session'],
  ...[
    'table',
    'then',
    'to',
    'transaction',
    'trigger',
    'union',
    'unique',
    'user',
    'using',
    'values',
    'when',
    'where',
    'with',
  ],
])

/** The table that a new store begins with. */
export function tableOf(service: string): string {
  return service.replaceAll('-', '_')
}

export function databaseText(service: string, type: string): string {
  return `/** The tables of the store, as the migrations make them. */
export interface ${type}Db {
  ${tableOf(service)}: {
    id: string
  }
}
`
}

export function migrationText(service: string): string {
  const table = tableOf(service)
  return `create table ${reserved.has(table) ? `"${table}"` : table} (
  id text primary key
);
`
}

/** The store as a property of the service. */
export function storeText(kind: StoreKind, type: string): string {
  return `store: ${kind}<${type}Db>({ migrations: new URL('./migrations', import.meta.url) })`
}
