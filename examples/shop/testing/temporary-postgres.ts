import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type EmbeddedPostgres, startEmbeddedPostgres } from '@holon/postgres'
import type { Platform } from 'holon'

/** A PostgreSQL server in a folder of its own, gone with all its data when closed. */
export interface TemporaryPostgres {
  readonly folder: string
  provision(service: string): Promise<string>
  close(): Promise<void>
}

export async function startTemporaryPostgres(platform: Platform): Promise<TemporaryPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'shop-'))
  const postgres: EmbeddedPostgres = await startEmbeddedPostgres({
    directory: join(folder, 'postgres'),
    platform,
    onLog: () => {},
    onError: () => {},
  })
  return {
    folder,
    provision: (service) => postgres.provision(service),
    close: async () => {
      await postgres.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
