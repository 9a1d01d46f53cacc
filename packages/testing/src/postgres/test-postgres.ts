import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

import { isServiceError, type Platform } from '@holon/contract'
import { loadOptional } from '@holon/contract/optional-package'
import { systemPlatform } from '@holon/contract/system-platform'
import type { Store, StoreDefinition } from '@holon/data'
import type { EmbeddedPostgres } from '@holon/postgres'

import { pg } from './pg-client.ts'

/** A PostgreSQL server for tests. */
export interface TestPostgres extends AsyncDisposable {
  /** Of a role that may create databases. */
  readonly url: string
  /** Stops the server. Idempotent. */
  close(): Promise<void>
}

/** The databases of one test app. */
export interface TestDatabases {
  /** A new database as `store` makes it, copied from one that was made before where possible; without a store an empty one. */
  create(service: string, store: DatabaseStore | undefined): Promise<string>
  /** Drops them. */
  close(): Promise<void>
}

/** What a database is made for. */
export interface DatabaseStore {
  readonly definition: StoreDefinition<Store>
  /** Whether it keeps events. */
  readonly events: boolean
}

export interface TestPostgresOptions {
  /**
   * Keeps the server's data here, so that the next start is quick and finds the databases that tests copy. While others use it,
   * folders with a number behind its name are tried, and then a temporary one. Default: a temporary folder.
   */
  readonly folder?: string
  readonly platform?: Platform
}

/** The role that owns all databases of tests. */
const role = 'holon_test'
/** What begins the names of databases: of such as live as long as a test app, and of those they are copied from. */
export const copyPrefix = 'holon_app_'
export const templatePrefix = 'holon_template_'
const mostTemplates = 40
/** Below the working directory. */
export const cacheFolder = 'node_modules/.cache/holon-test-postgres'

/**
 * Starts the embedded PostgreSQL for tests: it does not wait for the disk. Takes a second or two, half of one where `folder`
 * was used before. To share one among all test files see `@holon/testing/shared-postgres`.
 */
export async function startTestPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const { folder, platform = systemPlatform() } = options
  const kept = folder === undefined ? [] : [folder, ...[2, 3, 4].map((n) => `${folder}-${n}`)]
  for (const one of kept) {
    const server = await startKept(resolve(one), platform)
    if (server) return server
  }
  return startIn(await mkdtemp(join(tmpdir(), 'holon-postgres-')), platform, 'temporary')
}

/** Undefined: another process uses it. */
async function startKept(folder: string, platform: Platform): Promise<TestPostgres | undefined> {
  try {
    return await startIn(folder, platform, 'kept')
  } catch (error) {
    if (isServiceError(error) && error.code === 'failed_precondition') return undefined
    throw error
  }
}

async function startIn(directory: string, platform: Platform, kind: 'temporary' | 'kept'): Promise<TestPostgres> {
  const { startEmbeddedPostgres } = await loadOptional(() => import('@holon/postgres'), {
    part: 'The embedded PostgreSQL',
    packages: ['@holon/postgres'],
    resolve: (name) => import.meta.resolve(name),
  })
  const server = await startEmbeddedPostgres({
    directory,
    platform,
    disposable: true,
    onLog: () => undefined,
    // Whoever uses the server meets what is wrong with it.
    onError: () => undefined,
  })
  let closing: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await server.close()
    if (kind === 'temporary') await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  const close = (): Promise<void> => (closing ??= stop())
  try {
    return { url: await prepare(server), close, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Makes the role, and removes what a run that was killed has left. */
async function prepare(server: EmbeddedPostgres): Promise<string> {
  const url = await server.provision(role)
  const admin = new pg.Client(server.adminUrl)
  await admin.connect()
  try {
    await admin.query(`alter role ${role} createdb connection limit -1`)
    const { rows } = await admin.query<{ datname: string }>('select datname from pg_database')
    const names = rows.map(({ datname }) => datname)
    const templates = names.filter((name) => name.startsWith(templatePrefix))
    const left = [
      ...names.filter((name) => name.startsWith(copyPrefix)),
      ...(templates.length > mostTemplates ? templates : []),
    ]
    for (const name of left) {
      await admin.query(`alter database ${pg.escapeIdentifier(name)} is_template false`)
      await admin.query(`drop database ${pg.escapeIdentifier(name)} with (force)`)
    }
  } finally {
    await admin.end()
  }
  return url
}
