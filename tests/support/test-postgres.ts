import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { systemPlatform } from '@holon/contract/system-platform'
import { startEmbeddedPostgres } from '@holon/postgres'

/** A PostgreSQL server of a test's own, with a fresh database for whoever asks. */
export interface TestPostgres {
  newDatabase(): Promise<string>
  close(): Promise<void>
}

export async function startTestPostgres(): Promise<TestPostgres> {
  const directory = mkdtempSync(join(tmpdir(), 'holon-postgres-'))
  const server = await startEmbeddedPostgres({
    directory,
    platform: systemPlatform(),
    onLog: () => {},
    onError: (error) => {
      throw error
    },
  })
  let databases = 0
  return {
    newDatabase: () => {
      databases += 1
      return server.provision(`test-${databases}`)
    },
    close: async () => {
      await server.close()
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
