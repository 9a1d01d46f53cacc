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

export interface StoreText {
  readonly service: string
  readonly kind: StoreKind
  /** What its tables are called as a type. */
  readonly type: string
  /** What it is called itself. */
  readonly name: string
}

export function databaseText({ service, kind, type, name }: StoreText): string {
  return `import { ${kind} } from 'holon/${kind}'

/** The tables of the store, as the migrations make them. */
export interface ${type} {
  ${tableOf(service)}: {
    id: string
  }
}

export const ${name} = ${kind}<${type}>({ migrations: new URL('./migrations', import.meta.url) })
`
}

export function migrationText(service: string): string {
  const table = tableOf(service)
  return `create table ${reserved.has(table) ? `"${table}"` : table} (
  id text primary key
);
`
}
