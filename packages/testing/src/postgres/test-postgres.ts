import { rm } from 'node:fs/promises'

import type { Platform } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import type { Store, StoreDefinition } from '@holon/data'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@holon/postgres'
import { Client, escapeIdentifier } from 'pg'

import { makeTemporaryFolder } from '../temporary-folder.ts'
import { restoreCache, saveCache } from './server-cache.ts'

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

/** Options of {@link startTestPostgres}. */
export interface TestPostgresOptions {
  /**
   * Where the data of a server is kept from one run to the next, with the databases that tests copy: a server starts as a copy of
   * it, so that several may at the same time, and leaves its own there when it has made more. Default: nowhere.
   */
  readonly cache?: string
  readonly platform?: Platform
}

/** The role that owns all databases of tests. */
const role = 'holon_test'
/** What begins the names of databases: of such as live as long as a test app, and of those they are copied from. */
export const copyPrefix = 'holon_app_'
export const templatePrefix = 'holon_template_'
/** Of contracts that have changed; there is no telling which. */
const mostTemplates = 40
/** Below the working directory. */
export const cacheFolder = 'node_modules/.cache/holon-test-postgres'
/** For the server, its log of changes, and the databases of many tests. */
const roomBytes = 2 * 1024 * 1024 * 1024

/**
 * Starts the embedded PostgreSQL for tests: it does not wait for the disk, and works in memory where the system has a folder for
 * that. Takes a second or two, half of one with a `cache`. To share one among all test files see `holon/testing/shared-postgres`.
 */
export async function startTestPostgres(options: TestPostgresOptions = {}): Promise<TestPostgres> {
  const { cache, platform = systemPlatform() } = options
  const directory = await makeTemporaryFolder('holon-postgres-', roomBytes)
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true, maxRetries: 5 })
  try {
    if (cache !== undefined) await restoreCache(cache, directory)
    const server = await startEmbeddedPostgres({
      directory,
      platform,
      disposable: true,
      onLog: () => undefined,
      // Whoever uses the server meets what is wrong with it.
      onError: () => undefined,
    })
    return await prepare(server, async (isChanged) => {
      await server.close()
      if (cache !== undefined && isChanged) await saveCache(directory, cache, platform)
      await remove()
    })
  } catch (error) {
    await remove()
    throw error
  }
}

/** `stop`: whether there are other templates now than at the start. */
async function prepare(server: EmbeddedPostgres, stop: (isChanged: boolean) => Promise<void>): Promise<TestPostgres> {
  const url = await server.provision(role).catch(async (error: unknown) => {
    await server.close()
    throw error
  })
  await administer(server, (admin) => admin.query(`alter role ${role} createdb connection limit -1`))
  const before = await administer(server, tidy)
  let closing: Promise<void> | undefined
  const finish = async (): Promise<void> => {
    const after = await administer(server, tidy).catch(() => before)
    await stop(after !== before)
  }
  const close = (): Promise<void> => (closing ??= finish())
  return { url, close, [Symbol.asyncDispose]: close }
}

async function administer<T>({ adminUrl }: EmbeddedPostgres, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client(adminUrl)
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.end()
  }
}

/** Drops what tests that were killed have left, and templates when there are too many. Resolves to the names of those that stay. */
async function tidy(admin: Client): Promise<string> {
  const { rows } = await admin.query<{ datname: string }>('select datname from pg_database order by datname')
  const names = rows.map(({ datname }) => datname)
  const templates = names.filter((name) => name.startsWith(templatePrefix))
  const old = templates.length > mostTemplates ? templates : []
  for (const name of [...names.filter((each) => each.startsWith(copyPrefix)), ...old]) {
    await admin.query(`alter database ${escapeIdentifier(name)} is_template false`)
    await admin.query(`drop database ${escapeIdentifier(name)} with (force)`)
  }
  return old.length > 0 ? '' : templates.join()
}
