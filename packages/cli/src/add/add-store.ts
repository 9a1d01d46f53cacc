import { join } from 'node:path'

import { CommandFailure, exitCodes } from '../exit-code.ts'
import { addTest } from './add-test.ts'
import { addImport } from './code/imports.ts'
import { insertMember } from './code/list.ts'
import { membersOf, propertiesOf } from './code/literals.ts'
import { lineOf, type Source } from './code/source.ts'
import { contractNameOf, typeNameOf } from './names.ts'
import type { Project } from './project.ts'
import { findService, serviceOptions } from './service-files.ts'
import { databaseText, migrationText, type StoreKind, tableOf } from './texts/store-texts.ts'
import { storeTest } from './texts/test-texts.ts'

export interface WantedStore {
  readonly service: string
  readonly kind: StoreKind
}

/** A store for a service: with the types of its tables, a first migration, and its line in the service. */
export function addStore(project: Project, config: string, { service: name, kind }: WantedStore): void {
  const service = findService(project, config, name)
  const store = `${contractNameOf(name).replace(/Contract$/, '')}Store`
  const databasePath = join(service.folder, `${name}-db.ts`)
  refuseSecond(project.read(service.servicePath), name)
  project.create(databasePath, databaseText({ service: name, kind, type: `${typeNameOf(name)}Db`, name: store }))
  project.create(join(service.folder, `migrations/0001-create-${name}.sql`), migrationText(name))
  project.edit(service.servicePath, (source) => {
    const imported = addImport(source, { name: store, from: `./${name}-db.ts` }).source
    const options = serviceOptions(imported)
    // After the contracts that it uses, before what it does.
    const index = [...propertiesOf(options).keys()].indexOf('uses') + 1
    return insertMember(imported, membersOf(options), { member: `store: ${store}`, index })
  })
  const text = storeTest(name, { store, table: tableOf(name) })
  addTest(project, config, { service, about: 'store', text, uses: [{ name: store, path: databasePath }] })
}

function refuseSecond(source: Source, name: string): void {
  const store = propertiesOf(serviceOptions(source)).get('store')
  if (store === undefined) return
  const at = `${source.path}:${lineOf(source, store.start)}`
  throw new CommandFailure(
    exitCodes.usage,
    `'${name}' has a store already (${at}). For another table, add a migration. Nothing was changed.`,
  )
}
