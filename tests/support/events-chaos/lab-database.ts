import { join } from 'node:path'

import { systemPlatform } from '@holon/contract/system-platform'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@holon/postgres'

import type { StoreChoice } from '../../fixtures/events-lab/store-of.ts'

/** Where the services of the lab have their stores. */
export interface LabDatabase {
  readonly kind: StoreChoice
  /** Where the store of a service is; stays the same when the server is started again. */
  connection(service: string): Promise<string>
  /** Ends the server, all its connections and what runs on them, without warning. A file cannot be killed. */
  kill(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export async function openLabDatabase(kind: StoreChoice, folder: string): Promise<LabDatabase> {
  if (kind === 'sqlite') {
    const nothing = (): Promise<void> => Promise.resolve()
    return {
      kind,
      connection: (service) => Promise.resolve(join(folder, `${service}.db`)),
      kill: () => Promise.reject(new Error('A sqlite file cannot be killed.')),
      start: nothing,
      close: nothing,
    }
  }
  const open = (): Promise<EmbeddedPostgres> =>
    startEmbeddedPostgres({ directory: folder, platform: systemPlatform(), onLog: () => {}, onError: () => {} })
  let server = await open()
  return {
    kind,
    connection: (service) => server.provision(service),
    kill: async () => {
      process.kill(server.pid, 'SIGKILL')
      await server.exited
      // It gives up the folder, which the next one claims.
      await server.close()
    },
    start: async () => {
      server = await open()
    },
    close: () => server.close(),
  }
}
