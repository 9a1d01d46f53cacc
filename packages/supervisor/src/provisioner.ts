import { join } from 'node:path'

import { makeFolder } from './make-folder.ts'

/** Gives services what their stores connect to. */
export interface Provisioner {
  provision(service: string, needs: 'url' | 'file'): Promise<string>
}

export interface ProvisionerOptions {
  readonly environment: () => Readonly<Record<string, string | undefined>>
  readonly dataFolder: string
  /** A database on the embedded server, for services whose environment names none. */
  readonly embedded: (service: string) => Promise<string>
}

/** `ORDERS_DATABASE_URL` for `orders`. */
export function databaseVariable(service: string): string {
  return `${service.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`
}

export function createProvisioner({ environment, dataFolder, embedded }: ProvisionerOptions): Provisioner {
  return {
    async provision(service, needs) {
      if (needs === 'url') {
        const given = environment()[databaseVariable(service)]
        return given !== undefined && given !== '' ? given : embedded(service)
      }
      const folder = join(dataFolder, 'sqlite')
      makeFolder(folder)
      return join(folder, `${service}.db`)
    },
  }
}
