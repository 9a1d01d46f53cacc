import { join } from 'node:path'

import { fileKind, type Provider } from '@holon/app'
import { makeFolder } from '@holon/app/make-folder'

/** A sqlite file for each service, in `<dataFolder>/sqlite`, which only this user can look into. */
export function sqliteFiles(dataFolder: string): Provider {
  return {
    async provide(service, kind) {
      if (kind !== fileKind) return undefined
      const folder = join(dataFolder, 'sqlite')
      makeFolder(folder)
      return join(folder, `${service}.db`)
    },
  }
}
