import { dirname, join, resolve } from 'node:path'

import type { Host } from './host.ts'

/** Where an app's data is: `--data`, else HOLON_DATA, else `.holon` beside its configuration. */
export function dataFolderOf(host: Host, option: string | undefined, config: string): string {
  return resolve(host.folder, option ?? host.environment['HOLON_DATA'] ?? join(dirname(config), '.holon'))
}
