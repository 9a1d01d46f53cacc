import { fingerprintOf } from '@holon/contract'

import { eventTablesVersion } from '../events/event-tables.ts'
import { readMigrations } from './read-migrations.ts'

/** Equal for folders of migrations that make the same of an empty database. Of a script only its own text counts. */
export async function schemaFingerprint(folder: URL | string | undefined): Promise<string> {
  const migrations = folder === undefined ? [] : await readMigrations(folder)
  return fingerprintOf([eventTablesVersion, migrations.map(({ name, checksum }) => [name, checksum])])
}
