import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { systemPlatform } from '@holon/contract/system-platform'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { migrationsFolder, temporaryDirectory } from '../fixtures/temporary-directory.ts'
import { startTestPostgres, type TestPostgres } from '../fixtures/test-postgres.ts'
import { postgres } from '../postgres/index.ts'
import { sqlite } from '../sqlite/index.ts'
import type { SqlStore } from '../store.ts'

const run = promisify(execFile)
const worker = fileURLToPath(new URL('../fixtures/migrate-worker.ts', import.meta.url))
const directory = temporaryDirectory()
let server: TestPostgres
beforeAll(async () => {
  server = await startTestPostgres()
})
afterAll(async () => {
  await server.close()
  directory.dispose()
})

const first = "create table steps (step text primary key); insert into steps values ('one');"
const second = "insert into steps values ('two');"
const third = `
  import { sql } from ${JSON.stringify(import.meta.resolve('kysely'))}
  export async function up(db: object): Promise<void> {
    await sql\`insert into steps values ('three')\`.execute(db as never)
  }
`

interface Engine {
  readonly name: 'postgres' | 'sqlite'
  newConnection(): Promise<string>
}

const engines: readonly Engine[] = [
  { name: 'postgres', newConnection: () => server.newDatabase() },
  { name: 'sqlite', newConnection: async () => join(directory.path, `${randomUUID()}.sqlite`) },
]

describe.each(engines)('migrations on $name', ({ name, newConnection }) => {
  const folderOf = (files: Record<string, string>): Promise<string> => migrationsFolder(directory.path, files)

  const openWithout = (connection: string): Promise<SqlStore<object>> =>
    (name === 'postgres' ? postgres<object>() : sqlite<object>()).open({
      service: 'stepping',
      connection,
      platform: systemPlatform(),
      onError: () => {},
    })

  /** Opens, returns the steps that were applied, closes. */
  const applied = async (connection: string, migrations: string): Promise<string[]> => {
    const definition = name === 'postgres' ? postgres<object>({ migrations }) : sqlite<object>({ migrations })
    const store = await definition.open({
      service: 'stepping',
      connection,
      platform: systemPlatform(),
      onError: () => {},
    })
    const { rows } = await sql<{ step: string }>`select step from steps order by step`.execute(store)
    await store.close()
    return rows.map(({ step }) => step)
  }

  test('are applied in order, once, from SQL and from TypeScript', async () => {
    const connection = await newConnection()
    const folder = await folderOf({ '0001-one.sql': first, '0002-two.sql': second, '0010-three.ts': third })
    expect(await applied(connection, folder)).toEqual(['one', 'three', 'two'])
    expect(await applied(connection, folder)).toEqual(['one', 'three', 'two'])
  })

  test('that are added later are applied later', async () => {
    const connection = await newConnection()
    expect(await applied(connection, await folderOf({ '0001-one.sql': first }))).toEqual(['one'])
    const folder = await folderOf({ '0001-one.sql': first, '0002-two.sql': second })
    expect(await applied(connection, folder)).toEqual(['one', 'two'])
  })

  test('that were edited after they were applied are refused, and none after them is applied', async () => {
    const connection = await newConnection()
    await applied(connection, await folderOf({ '0001-one.sql': first }))
    const edited = await folderOf({ '0001-one.sql': `${first} -- edited`, '0002-two.sql': second })
    await expect(applied(connection, edited)).rejects.toThrow(/0001-one was applied and has been edited since: restore/)
    expect(await applied(connection, await folderOf({ '0001-one.sql': first }))).toEqual(['one'])
  })

  test('are not edited by other line endings', async () => {
    const connection = await newConnection()
    await applied(connection, await folderOf({ '0001-one.sql': first.replace('; ', ';\n') }))
    expect(await applied(connection, await folderOf({ '0001-one.sql': first.replace('; ', ';\r\n') }))).toEqual(['one'])
  })

  test('of a newer version in the database, missing ones and late ones are refused together', async () => {
    const connection = await newConnection()
    await applied(connection, await folderOf({ '0001-one.sql': first, '0005-two.sql': second }))
    const older = await folderOf({ '0001-one.sql': first })
    await expect(applied(connection, older)).rejects.toThrow(/0005-two was applied by a newer version of this service/)
    const other = await folderOf({ '0001-one.sql': first, '0003-late.sql': second, '0007-next.sql': second })
    const refusal = await applied(connection, other).catch(String)
    expect(refusal).toMatch(/0005-two was applied, but its file is gone/)
    expect(refusal).toMatch(/0003-late comes before 0005-two/)
  })

  test('that fail leave nothing behind and can be corrected', async () => {
    const connection = await newConnection()
    const broken = await folderOf({
      '0001-one.sql': first,
      '0002-two.sql': `${second} insert into nowhere values (1);`,
    })
    await expect(applied(connection, broken)).rejects.toThrow(
      /0002-two of service "stepping", which failed and was rolled back,[^]*nowhere/,
    )
    const corrected = await folderOf({ '0001-one.sql': first, '0002-two.sql': second })
    expect(await applied(connection, corrected)).toEqual(['one', 'two'])
  })

  test('with a byte order mark are applied, and are not edited by losing it', async () => {
    const connection = await newConnection()
    const files = { '0001-one.sql': `\ufeff${first}`, '0002-three.ts': `\ufeff${third}` }
    expect(await applied(connection, await folderOf(files))).toEqual(['one', 'three'])
    expect(await applied(connection, await folderOf({ '0001-one.sql': first, '0002-three.ts': third }))).toEqual([
      'one',
      'three',
    ])
    // As an older version, which passed the mark on, has noted it.
    const store = await openWithout(connection)
    const marked = `sql:${createHash('sha256').update(`\ufeff${first}`).digest('hex')}`
    await sql`update holon_migrations set checksum = ${marked} where name = '0001-one'`.execute(store)
    await store.close()
    expect(await applied(connection, await folderOf(files))).toEqual(['one', 'three'])
  })

  test.each([
    ['a syntax error', 'create table a (\n  ü text,\n  selct 2 3\n);', /0002-two\.sql:4:\d+: .*\n +selct 2 3$/],
    [
      'a name that is not there',
      '-- ü🙂\ninsert into nowhere values (1);',
      /0002-two\.sql:3:13: .*nowhere.*\n +insert into nowhere values \(1\);$/,
    ],
    [
      'a command of psql',
      'select 1;\n\\connect other\n',
      /0002-two\.sql:3:1: .*Commands of psql.*\n +\\connect other$/,
    ],
    [
      'a table that is there already',
      'create table steps (n integer);',
      /0002-two\.sql:2:\d+: .*steps.*already exists.*\n +create table steps/,
    ],
  ])('with %s are refused for good, with file, line and what stands there', async (_, script, message) => {
    const connection = await newConnection()
    const folder = await folderOf({ '0001-one.sql': first, '0002-two.sql': `select 1;\n${script}` })
    const refused = await applied(connection, folder).catch((error: unknown) => error)
    expect(refused).toMatchObject({ name: 'DefinitionError', message })
    expect(refused).toMatchObject({
      message: /^The migration 0002-two of service "stepping", which failed and was rolled back, has a mistake/,
    })
  })

  test('that fail by no mistake of theirs may be tried again', async () => {
    const connection = await newConnection()
    const full =
      name === 'postgres'
        ? `await sql\`do $$ begin raise exception using errcode = '53100'; end $$\`.execute(db)`
        : 'await sql`pragma max_page_count = 1`.execute(db); await sql`create table larger (text text)`.execute(db)'
    const script = `import { sql } from ${JSON.stringify(import.meta.resolve('kysely'))}\nexport async function up(db) { ${full} }`
    const folder = await folderOf({ '0001-one.sql': first, '0002-full.js': script })
    await expect(applied(connection, folder)).rejects.toMatchObject({
      name: 'ServiceError',
      code: 'resource_exhausted',
    })
  })

  test('that end their own transaction are refused', async () => {
    const connection = await newConnection()
    const folder = await folderOf({ '0001-one.sql': `${first} commit;` })
    await expect(applied(connection, folder)).rejects.toThrow(/commit or rollback/)
  })

  test('are applied once when many processes start at the same time', async () => {
    const connection = await newConnection()
    const folder = await folderOf({ '0001-one.sql': first, '0002-two.sql': second, '0003-three.ts': third })
    const starts = Array.from({ length: 6 }, () =>
      run(process.execPath, [worker, name, connection, folder], { timeout: 25_000 }),
    )
    const outputs = await Promise.all(starts)
    expect(outputs.map(({ stdout }) => stdout.trim())).toEqual(outputs.map(() => '{"steps":["one","three","two"]}'))
  })
})

describe('a migrations folder', () => {
  const openWith = async (migrations: string | URL): Promise<unknown> =>
    sqlite<object>({ migrations }).open({
      service: 'stepping',
      connection: ':memory:',
      platform: systemPlatform(),
      onError: () => {},
    })

  test('with misnamed and clashing files is refused, all of them together', async () => {
    const folder = await migrationsFolder(directory.path, {
      '0001-one.sql': first,
      '0001-uno.sql': first,
      'create users.sql': '',
      '2-short.ts': '',
      'README.md': 'not a migration',
    })
    const refusal = await openWith(folder).catch(String)
    expect(refusal).toMatch(/create users\.sql: call it NNNN-some-name/)
    expect(refusal).toMatch(/2-short\.ts: call it/)
    expect(refusal).toMatch(/0001-one\.sql, 0001-uno\.sql: the number must be unique/)
    expect(refusal).not.toMatch(/README/)
  })

  test('that does not exist is refused, naming it', async () => {
    await expect(openWith(join(directory.path, 'nowhere'))).rejects.toThrow(/nowhere cannot be read/)
  })

  test.each([
    [
      'in UTF-16',
      Buffer.from(`\ufeff${first}`, 'utf16le'),
      /0001-one\.sql has a mistake:\n.*in UTF-16; save it as UTF-8/,
    ],
    ['in UTF-16 without a mark', Buffer.from(first, 'utf16le'), /U\+0000; save it as UTF-8/],
    ['in Latin-1', Buffer.from('-- ü', 'latin1'), /not in UTF-8; save it as UTF-8/],
  ])('with a file %s is refused', async (_, bytes, message) => {
    const folder = await migrationsFolder(directory.path, {})
    await writeFile(join(folder, '0001-one.sql'), bytes)
    await expect(openWith(folder)).rejects.toThrow(message)
  })

  test('with TypeScript that has no `up` is refused', async () => {
    const folder = await migrationsFolder(directory.path, {})
    await writeFile(join(folder, '0001-nothing.ts'), 'export const down = 1')
    await expect(openWith(folder)).rejects.toThrow(/must export `async function up/)
  })
})
