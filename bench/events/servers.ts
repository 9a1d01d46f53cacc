// The servers that variants share: one Postgres, and a broker of each kind, started when first needed and kept until the
// end of the suite. What a job leaves in them has names of its own.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemPlatform } from '@holon/contract/system-platform'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@holon/postgres'
import { Client } from 'pg'

import type { BrokerName } from '../../tests/support/broker-names.ts'
import { requires } from '../../tests/support/requirements.ts'
import { type PrivateServer, startServer } from '../../tests/support/servers/start-server.ts'
import { tables } from './order.ts'

/** What Holon's buses stand on, and what its peers need besides. */
export type EventServer = BrokerName | 'redis'

export interface Broker {
  readonly url: string
  readonly pids: readonly number[]
}

export interface Servers {
  postgres(): Promise<EmbeddedPostgres>
  broker(name: EventServer): Promise<Broker>
  close(): Promise<void>
}

export function createServers(): Servers {
  let postgres: Promise<EmbeddedPostgres> | undefined
  const brokers = new Map<EventServer, Promise<PrivateServer>>()
  return {
    postgres: () => (postgres ??= startPostgres()),
    broker: async (name) => {
      const starting = brokers.get(name) ?? startServer(name)
      brokers.set(name, starting)
      const { url, pids } = await starting
      return { url, pids }
    },
    close: async () => {
      for (const broker of brokers.values()) await (await broker)[Symbol.asyncDispose]()
      await (await postgres)?.close()
    },
  }
}

function startPostgres(): Promise<EmbeddedPostgres> {
  return startEmbeddedPostgres({
    directory: mkdtempSync(join(tmpdir(), 'holon-bench-postgres-')),
    platform: systemPlatform(),
    onLog: () => {},
    onError: (error) => console.error(error),
  })
}

/** Why a broker cannot be started; undefined when it can. */
export function missingBroker(name: EventServer): string | undefined {
  const { path, remedy } = requires(name)
  return path === undefined ? `${name} is not installed (${remedy})` : undefined
}

/** Two databases with the tables of producer and consumer; or one with both. */
export async function newDatabases(
  server: EmbeddedPostgres,
  { job, shared }: { readonly job: string; readonly shared: boolean },
): Promise<{ readonly producer: string; readonly consumer: string }> {
  const producer = await server.provision(`${job}-orders`)
  const consumer = shared ? producer : await server.provision(`${job}-shipping`)
  await query(producer, tables.producer)
  await query(consumer, tables.consumer)
  return { producer, consumer }
}

/** Writes to the disk what has gathered, so that no window pays for what another one wrote. */
export async function checkpoint(server: EmbeddedPostgres): Promise<void> {
  await query(server.adminUrl, 'checkpoint')
}

export async function query<Row extends object>(url: string, text: string): Promise<readonly Row[]> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<Row>(text)).rows
  } finally {
    await client.end()
  }
}
