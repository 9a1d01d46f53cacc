import { dirname, join } from 'node:path'

import type { CallExpression, ObjectExpression } from 'oxc-parser'

import { CommandFailure, exitCodes } from '../exit-code.ts'
import { modulePath, notWritten } from './app-config.ts'
import { moduleOf } from './code/imports.ts'
import { asName, asObject, asText } from './code/literals.ts'
import { findCall, type Source } from './code/source.ts'
import type { Project } from './project.ts'

/** Where the parts of a service are. */
export interface ServiceFiles {
  readonly name: string
  readonly folder: string
  /** The module that the config imports. */
  readonly servicePath: string
  readonly contractPath: string
  /** Under what name the contract is exported. */
  readonly contractName: string
}

/** @throws CommandFailure for a service that the app does not have, and for one whose parts are missing, or not where they can be found. */
export function findService(project: Project, config: string, name: string): ServiceFiles {
  const servicePath = modulePath(project.read(config), name)
  if (!project.exists(servicePath))
    throw missing(
      `The service '${name}' is missing: ${project.shown(config)} loads it from ${project.shown(servicePath)}`,
      `Put it back, or take its line out of ${project.shown(config)}`,
    )
  const service = project.read(servicePath)
  const local = asName(definition(service).arguments[0])
  if (local === undefined) throw notWritten(service, 'a contract that is named in `defineService(contract, …)`')
  const module = moduleOf(service, local)
  const folder = dirname(servicePath)
  if (module === undefined) return { name, folder, servicePath, contractPath: servicePath, contractName: local }
  if (!module.from.startsWith('.')) throw notWritten(service, "its contract from a file ('./contract.ts')")
  const contractPath = join(folder, module.from)
  if (project.exists(contractPath)) return { name, folder, servicePath, contractPath, contractName: module.name }
  throw missing(
    `The contract of '${name}' is missing: ${project.shown(servicePath)} imports it from ${project.shown(contractPath)}`,
    `Put it back, or write it: export const ${module.name} = defineContract('${name}', { operations: {} })`,
  )
}

function missing(what: string, remedy: string): CommandFailure {
  return new CommandFailure(exitCodes.failed, `${what}, and there is no such file. Nothing was changed.\n${remedy}`)
}

function definition(service: Source): CallExpression {
  const call = findCall(service, 'defineService')
  if (call !== undefined) return call
  throw notWritten(service, 'a call `defineService(contract, { … })`')
}

/** The object that `defineService` gets. */
export function serviceOptions(service: Source): ObjectExpression {
  const options = asObject(definition(service).arguments[1])
  if (options !== undefined) return options
  throw notWritten(service, '`defineService(contract, { … })` with its options written out')
}

/** The object that `defineContract` gets. */
export function contractOptions(contract: Source): ObjectExpression {
  const options = asObject(findCall(contract, 'defineContract')?.arguments[1])
  if (options !== undefined) return options
  throw notWritten(contract, "a call `defineContract('…', { … })` with its parts written out")
}

/** What a contract calls itself. */
export function contractTitle(contract: Source): string | undefined {
  return asText(findCall(contract, 'defineContract')?.arguments[0])
}
