import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'

import { systemPlatform } from '@holon/contract/system-platform'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { findBinaries, restoreSymlinks } from './binaries.ts'
import { temporaryDirectory } from './fixtures/temporary-directory.ts'
import { type EmbeddedPostgresOptions, startEmbeddedPostgres } from './index.ts'

const isRoot = process.getuid?.() === 0
const temporary = temporaryDirectory()
/** A copy of what npm installed, where every user may read it, as in a container image. */
const open = mkdtempSync('/var/tmp/holon-data-')
const installation = join(open, 'native')

beforeAll(async () => {
  const { postgres } = await findBinaries()
  chmodSync(open, 0o755)
  cpSync(join(postgres, '..', '..'), installation, { recursive: true, verbatimSymlinks: true })
})
afterAll(() => {
  temporary.dispose()
  rmSync(open, { recursive: true, force: true })
})

/** Starts a server, asks who it is, closes it. */
async function tryOut(options: Partial<EmbeddedPostgresOptions> & { readonly directory: string }): Promise<number> {
  const server = await startEmbeddedPostgres({
    platform: systemPlatform(),
    onLog: () => {},
    onError: () => {},
    ...options,
  })
  try {
    const client = new Client({ connectionString: await server.provision('orders') })
    await client.connect()
    await client.query('create table if not exists starts (at timestamptz default now())')
    await client.query('insert into starts default values')
    const { rows } = await client.query<{ n: number }>('select count(*)::int as n from starts')
    await client.end()
    return rows[0]?.n ?? 0
  } finally {
    await server.close()
  }
}

describe.runIf(isRoot && process.platform === 'linux')('as root', () => {
  test('a server runs below a directory that only root may enter, and its files stay root’s', async () => {
    const directory = join(temporary.path, 'private')
    expect(statSync(temporary.path).mode & 0o777).toBe(0o700)
    expect(await tryOut({ directory, runAs: 'user-namespace' })).toBe(1)
    expect(statSync(join(directory, 'data', 'PG_VERSION')).uid).toBe(0)
  })

  test('without user namespaces, a server runs as an unprivileged user, to whom its data belongs', async () => {
    const directory = join(open, 'other-user')
    expect(await tryOut({ directory, installation, runAs: 'other-user' })).toBe(1)
    expect(statSync(join(directory, 'data', 'PG_VERSION')).uid).not.toBe(0)
    expect(statSync(join(directory, 'credentials.json'))).toMatchObject({ uid: 0 })
  })

  test('the same data serves both ways, one after the other', async () => {
    const directory = join(open, 'both')
    expect(await tryOut({ directory, installation, runAs: 'user-namespace' })).toBe(1)
    expect(await tryOut({ directory, installation, runAs: 'other-user' })).toBe(2)
    expect(await tryOut({ directory, installation, runAs: 'user-namespace' })).toBe(3)
  })

  test('an unprivileged user who cannot reach the programs is reported with what to do about it', async () => {
    const hidden = join(temporary.path, 'hidden')
    mkdirSync(hidden)
    cpSync(join(installation, 'bin'), join(hidden, 'bin'), { recursive: true })
    const attempt = tryOut({ directory: join(open, 'unreached'), installation: hidden, runAs: 'other-user' })
    await expect(attempt).rejects.toThrow(/cannot be started from [^]*EACCES[^]*chmod o\+x/)
  })

  test('an unprivileged user who cannot reach the data is reported with what to do about it', async () => {
    const attempt = tryOut({ directory: join(temporary.path, 'unreachable'), installation, runAs: 'other-user' })
    await expect(attempt).rejects.toThrow(/unreachable[^]*chmod o\+x/)
  })
})

test('a server whose port was taken meanwhile moves to another one', async () => {
  const directory = join(temporary.path, 'moved')
  await tryOut({ directory })
  const port = Number(await readFile(join(directory, 'port'), 'utf8'))
  const blocker = createServer()
  await new Promise<void>((resolve) => blocker.listen(port, '127.0.0.1', resolve))
  expect(await tryOut({ directory })).toBe(2)
  expect(Number(await readFile(join(directory, 'port'), 'utf8'))).not.toBe(port)
  blocker.close()
})

test('links that npm did not make are made', async () => {
  const lib = join(installation, 'lib')
  const links = (): string[] =>
    readdirSync(lib, { withFileTypes: true }).flatMap((entry) => (entry.isSymbolicLink() ? [entry.name] : []))
  const before = links()
  for (const link of before) unlinkSync(join(lib, link))
  await restoreSymlinks(open)
  expect(links()).toEqual(before)
  expect(before).toContain('libpq.so.5')
})

test('a server that cannot start says why', async () => {
  const directory = join(temporary.path, 'older')
  await tryOut({ directory })
  await writeFile(join(directory, 'data', 'PG_VERSION'), '12\n')
  await expect(tryOut({ directory })).rejects.toThrow(/did not start:[^]*initialized by PostgreSQL version 12/)
})

test('an installation that is not there is reported', async () => {
  const attempt = tryOut({ directory: join(temporary.path, 'none'), installation: '/nonexistent' })
  await expect(attempt).rejects.toThrow(/cannot be started from \/nonexistent/)
})

test('starting is given up when its signal aborts', async () => {
  const reason = new Error('stop')
  const attempt = tryOut({ directory: join(temporary.path, 'aborted'), signal: AbortSignal.abort(reason) })
  await expect(attempt).rejects.toBe(reason)
})
