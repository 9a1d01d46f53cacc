import { join } from 'node:path'

import { CommandFailure, exitCodes } from '../exit-code.ts'
import { addTest } from './add-test.ts'
import { addImport } from './code/imports.ts'
import { insertMember } from './code/list.ts'
import { membersOf, propertiesOf } from './code/literals.ts'
import { lineOf, type Source } from './code/source.ts'
import { typeNameOf } from './names.ts'
import type { Project } from './project.ts'
import { findService, serviceOptions } from './service-files.ts'
import { databaseText, migrationText, type StoreKind, storeText } from './texts/store-texts.ts'
import { startTest } from './texts/test-texts.ts'

export interface WantedStore {
  readonly service: string
  readonly kind: StoreKind
}

/** A store for a service: the types of its tables, a first migration, and its line in the service. */
export function addStore(project: Project, config: string, { service: name, kind }: WantedStore): void {
  const service = findService(project, config, name)
  const type = typeNameOf(name)
  refuseSecond(project.read(service.servicePath), name)
  project.create(join(service.folder, `${name}-db.ts`), databaseText(name, type))
  project.create(join(service.folder, `migrations/0001-create-${name}.sql`), migrationText(name))
  project.edit(service.servicePath, (source) => {
    const withStore = addImport(source, { name: kind, from: `holon/${kind}` }).source
    const imported = addImport(withStore, { name: `${type}Db`, from: `./${name}-db.ts`, type: true }).source
    const options = serviceOptions(imported)
    // After the contracts that it uses, before what it does.
    const index = [...propertiesOf(options).keys()].indexOf('uses') + 1
    return insertMember(imported, membersOf(options), { member: storeText(kind, type), index })
  })
  addTest(project, config, {
    service,
    about: 'store',
    text: startTest(`${name} starts with its store`),
    contract: false,
  })
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
