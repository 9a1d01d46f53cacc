import { dirname, join } from 'node:path'

import type { ObjectExpression } from 'oxc-parser'

import { nearest } from '../commands/nearest.ts'
import { CommandFailure, exitCodes } from '../exit-code.ts'
import { addImport, importPath } from './code/imports.ts'
import { appendMember } from './code/list.ts'
import { asArray, asKey, asName, asObject, asText, elementsOf, membersOf, propertiesOf } from './code/literals.ts'
import { findCall, type Source } from './code/source.ts'
import type { Project } from './project.ts'

/** The object that `defineApp` gets. */
function optionsOf(source: Source): ObjectExpression {
  const options = asObject(findCall(source, 'defineApp')?.arguments[0])
  if (options !== undefined) return options
  throw notWritten(source, 'a call `defineApp({ … })` with its options written out')
}

function servicesOf(source: Source): ObjectExpression {
  const services = asObject(propertiesOf(optionsOf(source)).get('services')?.value)
  if (services !== undefined) return services
  throw notWritten(source, '`services: { … }` in it')
}

export function notWritten({ path }: Source, what: string): CommandFailure {
  return new CommandFailure(
    exitCodes.failed,
    `${path} does not have ${what}, so it cannot be changed safely: add it by hand. Nothing was changed.`,
  )
}

/** The names of the services and processes that the app has. */
export function namesIn(source: Source): readonly string[] {
  const processes = asObject(propertiesOf(optionsOf(source)).get('processes')?.value)
  return [
    ...propertiesOf(servicesOf(source)).keys(),
    ...(processes === undefined ? [] : propertiesOf(processes).keys()),
  ]
}

/** The module of a service, as the config imports it. */
export function modulePath(source: Source, service: string): string {
  const services = propertiesOf(servicesOf(source))
  const loader = services.get(service)
  if (loader === undefined)
    throw new CommandFailure(
      exitCodes.usage,
      `There is no service '${service}'.${nearest(service, [...services.keys()])}`,
    )
  const module = importedBy(source, loader)
  if (module === undefined) throw notWritten(source, `\`${asKey(service)}: () => import('…')\` in \`services\``)
  return join(dirname(source.path), module)
}

function importedBy(
  { text }: Source,
  { start, end }: { readonly start: number; readonly end: number },
): string | undefined {
  return /\bimport\(\s*(['"`])(\.[^'"`]*)\1\s*\)/.exec(text.slice(start, end))?.[2]
}

/** The folder below which services lie: that of the first one that is called like its folder; `services` without one. */
export function servicesFolder(source: Source): string {
  const base = dirname(source.path)
  for (const [name, loader] of propertiesOf(servicesOf(source))) {
    const folder = dirname(join(base, importedBy(source, loader) ?? ''))
    if (folder.endsWith(`/${name}`) || folder.endsWith(`\\${name}`)) return dirname(folder)
  }
  return join(base, 'services')
}

/** Adds a service to the app and, where the placement names every service, a group for it. */
export function addToApp(
  project: Project,
  config: string,
  { name, module }: { readonly name: string; readonly module: string },
): void {
  project.edit(config, (source) => {
    const member = `${asKey(name)}: () => import('${importPath(config, module)}')`
    return placeAlone(appendMember(source, membersOf(servicesOf(source)), member), name)
  })
}

function placeAlone(source: Source, name: string): Source {
  const placement = asObject(propertiesOf(optionsOf(source)).get('placement')?.value)
  if (placement === undefined) return source
  const rest = [...propertiesOf(placement).values()].some(({ value }) => asText(value) === '*')
  return rest ? source : appendMember(source, membersOf(placement), `${asKey(name)}: ['${name}']`)
}

/** Whether tokens are verified at the gateway, so that an operation can demand one. */
export function hasAuth(source: Source): boolean {
  const gateway = asObject(propertiesOf(optionsOf(source)).get('gateway')?.value)
  return gateway !== undefined && propertiesOf(gateway).has('auth')
}

export interface ExposedOperation {
  readonly contractName: string
  readonly contractPath: string
  readonly operation: string
}

/** Lets an operation of a service be called from outside. */
export function exposeOperation(project: Project, config: string, exposure: ExposedOperation): void {
  const { contractName, contractPath, operation } = exposure
  project.edit(config, (source) => {
    const contract = addImport(source, { name: contractName, from: importPath(config, contractPath) })
    return exposed(addImport(contract.source, { name: 'expose', from: 'holon' }).source, contract.local, operation)
  })
}

function exposed(source: Source, contract: string, operation: string): Source {
  const options = optionsOf(source)
  const call = `expose(${contract}, ['${operation}'])`
  const gateway = propertiesOf(options).get('gateway')
  if (gateway === undefined) return appendMember(source, membersOf(options), `gateway: {\n  expose: [${call}],\n}`)
  const parts = asObject(gateway.value)
  const list = asArray(parts && propertiesOf(parts).get('expose')?.value)
  if (list === undefined) throw notWritten(source, '`gateway: { expose: [ … ] }` written out')
  for (const element of list.elements) {
    if (element?.type !== 'CallExpression' || asName(element.callee) !== 'expose') continue
    const [of, names] = element.arguments
    if (asName(of) !== contract) continue
    const operations = asArray(names)
    if (operations === undefined) throw notWritten(source, `\`expose(${contract}, [ … ])\` with its list written out`)
    return appendMember(source, elementsOf(operations), `'${operation}'`)
  }
  return appendMember(source, elementsOf(list), call)
}
