import { rm } from 'node:fs/promises'
import { join } from 'node:path'

import { environmentProvider, fileKind, provideFrom, type Provider, type ServiceDefinition } from '@holon/app'
import type { Platform } from '@holon/contract'
import type { Store, StoreDefinition } from '@holon/data'

import type { DatabaseStore, TestDatabases, TestPostgres } from '../postgres/test-postgres.ts'
import { makeTemporaryFolder } from '../temporary-folder.ts'

/** Where the stores of a test app keep their data. Everything may be left out. */
export interface TestData {
  /** sqlite: files in this folder, which is kept. Default: files of this app alone, gone when it is closed. */
  readonly folder?: string
  /**
   * sqlite: `memory` is a little quicker still, and each store is one connection then: it is shared with no replica, and what
   * reads beside a transaction waits for it. Default `files`, in memory where the system has such a folder.
   */
  readonly sqlite?: 'files' | 'memory'
  /**
   * PostgreSQL: the server that gives databases. Default: the one that `HOLON_TEST_POSTGRES` names (see
   * `@holon/testing/shared-postgres`), else one of this app alone, which takes seconds to start.
   */
  readonly postgres?: TestPostgres
}

/** What the stores of one test app connect to. */
export interface TestStores {
  /** Idempotent: a service has one database, whichever replica asks. */
  provide(service: string, kind: string): Promise<string>
  /** The same for a service that does not run here, whose store the test opens itself. */
  provideFor(service: string, store: StoreDefinition<Store>): Promise<string>
  /** Removes what was made for this app. */
  close(): Promise<void>
}

export interface TestStoresParts {
  readonly data: TestData
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly platform: Platform
  /** The definition of a service that may run here. */
  readonly definitionOf: (service: string) => ServiceDefinition | undefined
}

export function createTestStores({ data, environment, platform, definitionOf }: TestStoresParts): TestStores {
  const opened = new Map<string, DatabaseStore>()
  const files = sqliteProvider(data)
  const servers = postgresProvider(
    data.postgres,
    platform,
    (service) => opened.get(service) ?? storeOf(definitionOf(service)),
  )
  const providers = [environmentProvider(() => environment), files, servers]
  const given = new Map<string, Promise<string>>()
  const provide: TestStores['provide'] = (service, kind) => {
    const known = given.get(service) ?? provideFrom(providers, service, kind)
    given.set(service, known)
    return known
  }
  return {
    provide,
    provideFor: (service, definition) => {
      opened.set(service, { definition, events: true })
      return provide(service, definition.kind)
    },
    close: async () => {
      await Promise.all([files.close(), servers.close()])
    },
  }
}

/** As the runtime will open it. */
function storeOf(definition: ServiceDefinition | undefined): DatabaseStore | undefined {
  if (definition?.store === undefined) return undefined
  const { contract, subscriptions, schedules, store } = definition
  const events = Object.keys(contract.events).length + subscriptions.length + schedules.length > 0
  return { definition: store, events }
}

/** Room for what tests usually write, so that a small memory is left alone. */
const roomBytes = 256 * 1024 * 1024

type OwnedProvider = Provider & { close(): Promise<void> }

function sqliteProvider({ folder, sqlite = 'files' }: TestData): OwnedProvider {
  let own: Promise<string> | undefined
  return {
    provide: async (service, kind) => {
      if (kind !== fileKind) return undefined
      if (sqlite === 'memory') return ':memory:'
      return join(folder ?? (await (own ??= makeTemporaryFolder('holon-test-', roomBytes))), `${service}.db`)
    },
    close: async () => {
      if (own) await rm(await own, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

function postgresProvider(
  given: TestPostgres | undefined,
  platform: Platform,
  storeFor: (service: string) => DatabaseStore | undefined,
): OwnedProvider {
  let open: Promise<TestDatabases> | undefined
  const openDatabases = async (): Promise<TestDatabases> => {
    // Loaded here because not every app needs it.
    const { openTestDatabases } = await import('../postgres/open-test-databases.ts')
    return openTestDatabases(given, platform)
  }
  return {
    provide: async (service, kind) =>
      kind === 'postgres' ? (await (open ??= openDatabases())).create(service, storeFor(service)) : undefined,
    close: async () => {
      const opened = await open?.catch(() => undefined)
      await opened?.close()
    },
  }
}
