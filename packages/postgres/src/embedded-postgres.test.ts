import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { systemPlatform } from '@holon/contract/system-platform'
import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

import { temporaryDirectory } from './fixtures/temporary-directory.ts'
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './index.ts'
import { isAlive } from './processes.ts'

const temporary = temporaryDirectory()
afterAll(() => temporary.dispose())

const running = new Set<EmbeddedPostgres>()

async function start(name: string, options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({
    directory: join(temporary.path, name),
    platform: systemPlatform(),
    onLog: () => {},
    onError: () => {},
    ...options,
  })
  running.add(server)
  return server
}

async function stop(server: EmbeddedPostgres): Promise<void> {
  running.delete(server)
  await server.close()
}

/** Runs statements over a connection of its own; the rows of the last. */
async function query(url: string, ...statements: readonly string[]): Promise<unknown[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 })
  client.on('error', () => {}) // a killed server; the query rejects too
  await client.connect()
  try {
    let rows: unknown[] = []
    for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement))
    return rows
  } finally {
    await client.end()
  }
}

const worker = fileURLToPath(new URL('./fixtures/supervisor-worker.ts', import.meta.url))

function spawnSupervisor(name: string): ChildProcess {
  return spawn(process.execPath, [worker, join(temporary.path, name)], { stdio: ['ignore', 'pipe', 'inherit'] })
}

/** A process of its own with a running server, for killing. */
async function startSupervisor(name: string): Promise<{ supervisor: ChildProcess; pid: number; url: string }> {
  const supervisor = spawnSupervisor(name)
  if (!supervisor.stdout) throw new Error('no output')
  const lines = createInterface({ input: supervisor.stdout })
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(supervisor, 'exit').then(() => Promise.reject(new Error('the supervisor ended'))),
  ])
  return { supervisor, ...(JSON.parse(String(line)) as { pid: number; url: string }) }
}

async function kill(supervisor: ChildProcess): Promise<void> {
  const exit = once(supervisor, 'exit')
  supervisor.kill('SIGKILL')
  await exit
}

/** Half-made data directories. */
function drafts(directory: string): number {
  try {
    return readdirSync(directory).filter((name) => name.startsWith('data.new-')).length
  } catch {
    return 0
  }
}

const refusalOf = (attempt: Promise<unknown>): Promise<string | undefined> =>
  attempt.then(
    () => undefined,
    (error: unknown) => String(error),
  )

const withDatabase = (url: string, database: string): string => {
  const changed = new URL(url)
  changed.pathname = `/${database}`
  return changed.href
}

describe('services on one server', () => {
  let server: EmbeddedPostgres
  let orders: string
  let payments: string

  beforeAll(async () => {
    server = await start('isolation')
    ;[orders, payments] = await Promise.all([server.provision('orders'), server.provision('payments')])
    await query(payments, 'create table secrets (word text)', "insert into secrets values ('hidden')")
    await query(payments, 'grant all on secrets to public')
  })
  afterAll(() => stop(server))

  test('have a database each, which they own', async () => {
    expect(
      await query(orders, 'create table mine (id text)', 'select current_user as me, current_database() as db'),
    ).toEqual([{ me: 'orders', db: 'orders' }])
    expect(await query(payments, 'select word from secrets')).toEqual([{ word: 'hidden' }])
  })

  test.each(['payments', 'postgres', 'template1', 'template0'])(
    'cannot connect to the database %s with their credentials',
    async (database) => {
      expect(await refusalOf(query(withDatabase(orders, database), 'select 1'))).toMatch(
        /no pg_hba.conf entry|permission denied/,
      )
    },
  )

  test('cannot connect to another database even where its owner grants it to them', async () => {
    await query(payments, 'grant connect on database payments to orders')
    expect(await refusalOf(query(withDatabase(orders, 'payments'), 'select * from secrets'))).toMatch(/pg_hba.conf/)
    await query(payments, 'revoke connect on database payments from orders')
  })

  test('have no right to connect elsewhere, whatever the host rules say', async () => {
    const rights = await query(
      orders,
      "select datname, has_database_privilege(datname, 'connect') as may from pg_database where datname <> 'orders' order by 1",
    )
    expect(rights).toEqual([
      { datname: 'payments', may: false },
      { datname: 'postgres', may: false },
      { datname: 'template0', may: false },
      { datname: 'template1', may: false },
    ])
  })

  test('cannot come in without their password, or with another role’s', async () => {
    const wrong = new URL(orders)
    wrong.password = new URL(payments).password
    expect(await refusalOf(query(wrong.href, 'select 1'))).toMatch(/password authentication failed/)
    wrong.password = ''
    expect(await refusalOf(query(wrong.href, 'select 1'))).toMatch(/password/)
  })

  test.each([
    ["select pg_read_file('pg_hba.conf')", /permission denied/],
    ["select pg_read_binary_file('/etc/passwd')", /permission denied/],
    ["select pg_ls_dir('.')", /permission denied/],
    ["copy (select 1) to '/tmp/holon-leak'", /permission denied/],
    ["copy (select 1) to program 'cat'", /permission denied/],
    ["select lo_import('/etc/passwd')", /permission denied/],
    ['select * from pg_authid', /permission denied/],
    ['select * from pg_shadow', /permission denied/],
    ['create extension file_fdw', /permission denied/],
    ['create extension dblink', /permission denied/],
    ['create role intruder superuser', /permission denied/],
    ['alter role orders superuser', /permission denied/],
    ['set role payments', /permission denied/],
    ['grant pg_read_all_data to orders', /permission denied/],
    ['create database more', /permission denied/],
    ["alter system set listen_addresses = '*'", /permission denied/],
  ])('may not: %s', async (statement, refusal) => {
    expect(await refusalOf(query(orders, statement))).toMatch(refusal)
  })

  test('do not see each other’s statements', async () => {
    const client = new Client({ connectionString: payments })
    await client.connect()
    await client.query("select 'hidden' as word")
    const seen = await query(orders, "select query from pg_stat_activity where usename = 'payments'")
    await client.end()
    expect(seen).toEqual([{ query: '<insufficient privilege>' }])
  })

  test('get the same URL again, and only names that PostgreSQL can keep apart', async () => {
    expect(await server.provision('orders')).toBe(orders)
    expect(await refusalOf(server.provision('postgres'))).toMatch(/keeps to itself/)
    expect(await refusalOf(server.provision('template1'))).toMatch(/keeps to itself/)
    expect(await refusalOf(server.provision('x'.repeat(64)))).toMatch(/cannot name a database/)
    expect(await refusalOf(server.provision(`we"ird'; drop role orders; --`))).toMatch(/cannot name a database/)
    expect(await refusalOf(server.provision('Sign-Up_2'))).toBeUndefined()
  })

  test('keep their passwords in a file that only its owner may read', () => {
    const path = join(temporary.path, 'isolation', 'credentials.json')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(temporary.path, 'isolation')).mode & 0o777).toBe(0o700)
    expect(Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object)).toContain('orders')
  })

  test('are on a server that listens on this machine only and writes durably', async () => {
    const settings = await query(
      server.adminUrl,
      "select name, setting from pg_settings where name in ('listen_addresses', 'fsync', 'synchronous_commit', 'data_checksums') order by 1",
    )
    expect(settings).toEqual([
      { name: 'data_checksums', setting: 'on' },
      { name: 'fsync', setting: 'on' },
      { name: 'listen_addresses', setting: '127.0.0.1' },
      { name: 'synchronous_commit', setting: 'on' },
    ])
  })
})

describe('the data of a server', () => {
  afterEach(async () => {
    await Promise.all([...running].map(stop))
  })

  const fill = (url: string): Promise<unknown> =>
    query(url, 'create table kept (n int)', 'insert into kept select generate_series(1, 1000)')
  const count = async (url: string): Promise<unknown> => (await query(url, 'select count(*)::int as n from kept'))[0]

  test('survives a restart, at the same URL', async () => {
    const before = await start('restart')
    const url = await before.provision('orders')
    await fill(url)
    await Promise.all([stop(before), before.close()])
    expect(await before.exited).toEqual({ code: 0, signal: null })
    const after = await start('restart')
    expect(await after.provision('orders')).toBe(url)
    expect(await count(url)).toEqual({ n: 1000 })
  })

  test('survives SIGKILL of the server, and the end is noticed', async () => {
    const before = await start('killed')
    const url = await before.provision('orders')
    await fill(url)
    process.kill(before.pid, 'SIGKILL')
    expect(await before.exited).toEqual({ code: null, signal: 'SIGKILL' })
    await stop(before)
    const after = await start('killed')
    expect(await count(await after.provision('orders'))).toEqual({ n: 1000 })
  })

  test('survives SIGKILL of the supervisor: the orphaned server is stopped and its directory taken over', async () => {
    const { supervisor, pid, url } = await startSupervisor('orphaned')
    await fill(url)
    await kill(supervisor)
    expect(isAlive(pid)).toBe(true)
    const after = await start('orphaned')
    expect(isAlive(pid)).toBe(false)
    expect(after.pid).not.toBe(pid)
    expect(await count(await after.provision('orders'))).toEqual({ n: 1000 })
  })

  test('survives SIGKILL of supervisor and server while a transaction is at work', async () => {
    const { supervisor, pid, url } = await startSupervisor('both')
    await fill(url)
    // A busy backend does not notice by itself that its server has died.
    const busy = 'do $$ begin loop perform 1; end loop; end $$'
    const writing = refusalOf(query(url, 'begin', 'insert into kept select generate_series(1, 10000)', busy))
    const isBusy = `select from pg_stat_activity where query = '${busy.replaceAll("'", "''")}'`
    await expect.poll(async () => (await query(url, isBusy)).length).toBe(1)
    process.kill(pid, 'SIGKILL')
    await kill(supervisor)
    const after = await start('both')
    expect(await writing).toMatch(/terminated/)
    expect(await count(await after.provision('orders'))).toEqual({ n: 1000 })
  })

  test('is not touched by a second supervisor while the first one runs', async () => {
    const { supervisor, pid, url } = await startSupervisor('contested')
    await fill(url)
    const refusal = await refusalOf(start('contested'))
    expect(refusal).toMatch(new RegExp(`in use by process ${supervisor.pid}`))
    expect(isAlive(pid)).toBe(true)
    expect(await count(url)).toEqual({ n: 1000 })
    await kill(supervisor)
    await start('contested')
  })

  test('is found in spite of a lock file whose process id belongs to somebody else now', async () => {
    const before = await start('reused')
    await fill(await before.provision('orders'))
    await stop(before)
    const bystander = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'])
    await once(bystander, 'spawn')
    const data = join(temporary.path, 'reused', 'data')
    await writeFile(join(data, 'postmaster.pid'), `${bystander.pid}\n${data}\n1\n1\n\n127.0.0.1\n1 1\nready\n`)
    const after = await start('reused')
    expect(await count(await after.provision('orders'))).toEqual({ n: 1000 })
    expect(isAlive(bystander.pid ?? 0)).toBe(true)
    bystander.kill()
  })

  test('is made anew when the first start was killed half way', async () => {
    const supervisor = spawnSupervisor('half-way')
    const directory = join(temporary.path, 'half-way')
    await expect.poll(() => drafts(directory), { interval: 5, timeout: 10_000 }).toBeGreaterThan(0)
    await kill(supervisor)
    const server = await start('half-way')
    expect(await query(await server.provision('orders'), 'select 1 as one')).toEqual([{ one: 1 }])
    expect(drafts(directory)).toBe(0)
  })
})
