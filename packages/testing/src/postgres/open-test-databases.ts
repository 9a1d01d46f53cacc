import { createHash } from 'node:crypto'

import type { ServiceDefinition } from '@holon/app'
import type { Platform } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import { escapeIdentifier, Pool, type PoolClient } from 'pg'

import {
  copyPrefix,
  startTestPostgres,
  type TestDatabases,
  templatePrefix,
  type TestPostgres,
} from './test-postgres.ts'

/** Names the server of all test files of a run. */
export const serverVariable = 'HOLON_TEST_POSTGRES'

/** Databases on the server that is given, or that all share, or on one that ends with them. */
export async function openTestDatabases(given: TestPostgres | undefined, platform: Platform): Promise<TestDatabases> {
  const url = given?.url ?? process.env[serverVariable]
  if (url !== undefined && url !== '') return createTestDatabases(url, platform)
  const server = await startTestPostgres()
  const databases = createTestDatabases(server.url, platform)
  return {
    create: databases.create,
    close: async () => {
      await databases.close()
      await server.close()
    },
  }
}

/** As many as the services of a usual app ask for at the same time. */
const connections = 3

function createTestDatabases(url: string, platform: Platform): TestDatabases {
  const pool = new Pool({ connectionString: url, max: connections, application_name: 'holon-testing' })
  // Without a listener the process would end with the server.
  pool.on('error', () => undefined)
  const created: string[] = []
  return {
    create: async (service, definition) => {
      const name = `${copyPrefix}${Buffer.from(platform.randomBytes(8)).toString('hex')}`
      const template = await templateFor(pool, url, service, definition)
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
  definition: ServiceDefinition | undefined,
): Promise<string> {
  const fingerprint = await definition?.store?.fingerprint?.()
  if (definition === undefined || fingerprint === undefined) return 'template0'
  const events = keepsEvents(definition)
  const hash = createHash('sha256').update(`${fingerprint} ${events}`).digest('hex')
  const name = `${templatePrefix}${hash.slice(0, 24)}`
  if (await isComplete(pool, name)) return name
  const client = await pool.connect()
  try {
    // Of all processes that come here at the same time one makes it.
    await client.query('select pg_advisory_lock(hashtext($1))', [name])
    try {
      if (!(await isComplete(client, name))) await makeTemplate(client, { url, name, service, definition, events })
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
  readonly definition: ServiceDefinition
  readonly events: boolean
}

async function makeTemplate(client: PoolClient, { url, name, service, definition, events }: Template): Promise<void> {
  // Somebody was killed half way.
  await client.query(`drop database if exists ${escapeIdentifier(name)} with (force)`)
  await client.query(`create database ${escapeIdentifier(name)} template template0`)
  const connection = databaseUrl(url, name)
  const onError = (): void => undefined
  const store = await definition.store?.open({ service, connection, platform: systemPlatform(), onError, events })
  await store?.close()
  await client.query(`alter database ${escapeIdentifier(name)} is_template true`)
}

async function isComplete(client: Pick<PoolClient, 'query'>, name: string): Promise<boolean> {
  const { rows } = await client.query('select 1 from pg_database where datname = $1 and datistemplate', [name])
  return rows.length > 0
}

/** As the runtime decides it when it opens the store. */
function keepsEvents({ contract, subscriptions, schedules }: ServiceDefinition): boolean {
  return Object.keys(contract.events).length + subscriptions.length + schedules.length > 0
}

function databaseUrl(url: string, name: string): string {
  const other = new URL(url)
  other.pathname = `/${name}`
  return other.href
}
