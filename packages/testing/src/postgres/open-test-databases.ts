import { createHash } from 'node:crypto'

import type { Platform } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import type { Pool, PoolClient } from 'pg'

import { pg } from './pg-client.ts'
import {
  cacheFolder,
  copyPrefix,
  type DatabaseStore,
  startTestPostgres,
  templatePrefix,
  type TestDatabases,
  type TestPostgres,
} from './test-postgres.ts'

/** Names the server of all test files of a run. */
export const serverVariable = 'HOLON_TEST_POSTGRES'

/** Databases on the server that is given, or that all share, or on one that ends with them. */
export async function openTestDatabases(given: TestPostgres | undefined, platform: Platform): Promise<TestDatabases> {
  const url = given?.url ?? process.env[serverVariable]
  if (url !== undefined && url !== '') return createTestDatabases(url, platform)
  const server = await startTestPostgres({ cache: cacheFolder })
  const databases = createTestDatabases(server.url, platform)
  return {
    create: (service, store) => databases.create(service, store),
    close: async () => {
      await databases.close()
      await server.close()
    },
  }
}

/** As many as the services of a usual app ask for at the same time. */
const connections = 3

function createTestDatabases(url: string, platform: Platform): TestDatabases {
  const pool = new pg.Pool({ connectionString: url, max: connections, application_name: 'holon-testing' })
  // Without listeners the process would end with the server: the first hears idle connections, the other those in use.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const created: string[] = []
  return {
    create: async (service, store) => {
      const name = `${copyPrefix}${Buffer.from(platform.randomBytes(8)).toString('hex')}`
      const template = await templateFor(pool, url, service, store)
      created.push(name)
      // Copies files, which for small databases is several times as quick as writing all pages to the log.
      await pool.query(`create database ${name} template ${template} strategy file_copy`)
      return databaseUrl(url, name)
    },
    close: async () => {
      await Promise.all(created.splice(0).map((name) => pool.query(`drop database if exists ${name} with (force)`)))
      await pool.end()
    },
  }
}

/** The database to copy: one in which the store was opened, so that its migrations have run; else an empty one. */
async function templateFor(
  pool: Pool,
  url: string,
  service: string,
  store: DatabaseStore | undefined,
): Promise<string> {
  const fingerprint = await store?.definition.fingerprint?.()
  if (store === undefined || fingerprint === undefined) return 'template0'
  const hash = createHash('sha256').update(`${fingerprint} ${store.events}`).digest('hex')
  const name = `${templatePrefix}${hash.slice(0, 24)}`
  if (await isComplete(pool, name)) return name
  const client = await pool.connect()
  try {
    // Of all processes that come here at the same time one makes it.
    await client.query('select pg_advisory_lock(hashtext($1))', [name])
    try {
      if (!(await isComplete(client, name))) await makeTemplate(client, { url, name, service, store })
    } finally {
      await client.query('select pg_advisory_unlock(hashtext($1))', [name])
    }
  } finally {
    client.release()
  }
  return name
}

interface Template {
  readonly url: string
  readonly name: string
  readonly service: string
  readonly store: DatabaseStore
}

async function makeTemplate(client: PoolClient, { url, name, service, store }: Template): Promise<void> {
  // Somebody was killed half way.
  await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`)
  await client.query(`create database ${pg.escapeIdentifier(name)} template template0`)
  const connection = databaseUrl(url, name)
  const { definition, events } = store
  const onError = (): void => undefined
  const made = await definition.open({ service, connection, platform: systemPlatform(), onError, events })
  await made.close()
  await client.query(`alter database ${pg.escapeIdentifier(name)} is_template true`)
}

async function isComplete(client: Pick<PoolClient, 'query'>, name: string): Promise<boolean> {
  const { rows } = await client.query('select 1 from pg_database where datname = $1 and datistemplate', [name])
  return rows.length > 0
}

function databaseUrl(url: string, name: string): string {
  const other = new URL(url)
  other.pathname = `/${name}`
  // It is there, on this machine. That it is slow to answer while many tests run is no reason for one to fail.
  other.searchParams.set('connect_timeout', '60')
  return other.href
}
