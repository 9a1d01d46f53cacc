import { CommandFailure, exitCodes } from '../exit-code.ts'
import { addTest } from './add-test.ts'
import { exposeOperation, hasAuth, notWritten } from './app-config.ts'
import { addImport } from './code/imports.ts'
import { appendMember } from './code/list.ts'
import { asObject, asText, membersOf, propertiesOf } from './code/literals.ts'
import { lineOf, type Source } from './code/source.ts'
import { checkOperation, type OperationKind, pathFields } from './names.ts'
import type { Project } from './project.ts'
import { contractOptions, findService, type ServiceFiles, serviceOptions } from './service-files.ts'
import { handlerText, operationTest, type OperationText, operationText } from './texts/service-texts.ts'

export interface OperationOptions {
  readonly kind: OperationKind
  readonly http?: string | undefined
  readonly auth?: string | undefined
}

interface WantedOperation extends OperationOptions {
  readonly service: string
  readonly name: string
}

/** An operation of a service: in its contract, with a first handler and a test, and exposed where it has a route. */
export function addOperation(project: Project, config: string, wanted: WantedOperation): void {
  const service = findService(project, config, wanted.service)
  const operation = describe(project, config, { service, wanted })
  writeOperation(project, config, { service, operation, handler: handlerText(operation) })
  const about = operation.name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  const uses = [{ name: service.contractName, path: service.contractPath }]
  addTest(project, config, { service, about, text: operationTest(operation), uses })
}

interface Described {
  readonly service: ServiceFiles
  readonly wanted: WantedOperation
}

function describe(project: Project, config: string, { service, wanted }: Described): OperationText {
  const { name, kind, http: route } = wanted
  checkOperation({ service: service.name, name, kind, route })
  // Commands and streams want a token unless they say otherwise, and here nobody could have one.
  const open = route !== undefined && kind !== 'query' && !hasAuth(project.read(config))
  return {
    service: service.name,
    contract: service.contractName,
    name,
    kind,
    route,
    fields: pathFields(route),
    auth: wanted.auth ?? (open ? 'none' : undefined),
  }
}

export interface WrittenOperation {
  readonly service: ServiceFiles
  readonly operation: OperationText
  /** As a member of the handlers. */
  readonly handler: string
  /** The operation as a member of the contract. Default: one that answers with a message. */
  readonly text?: string
}

/** Puts an operation into the contract, its handler into the service, and exposes it. */
export function writeOperation(project: Project, config: string, written: WrittenOperation): void {
  const { service, operation, handler, text = operationText(operation) } = written
  project.edit(service.contractPath, (source) => {
    const withKind = addImport(source, { name: operation.kind, from: 'holon' }).source
    return withOperation(addImport(withKind, { name: 'z', from: 'zod' }).source, operation, text)
  })
  project.edit(service.servicePath, (source) => {
    const handlers = asObject(propertiesOf(serviceOptions(source)).get('operations')?.value)
    if (handlers === undefined) throw notWritten(source, '`operations: { … }` in it')
    return appendMember(source, membersOf(handlers), handler)
  })
  if (operation.route !== undefined) exposeOperation(project, config, { ...service, operation: operation.name })
}

function withOperation(source: Source, { service, name, route }: OperationText, text: string): Source {
  const options = contractOptions(source)
  const property = propertiesOf(options).get('operations')
  if (property === undefined)
    return appendMember(source, membersOf(options), `operations: {\n  ${text.replaceAll('\n', '\n  ')},\n}`)
  const operations = asObject(property.value)
  if (operations === undefined) throw notWritten(source, '`operations: { … }` written out')
  for (const [other, { value, start }] of propertiesOf(operations)) {
    const at = `${source.path}:${lineOf(source, start)}`
    if (other === name)
      throw new CommandFailure(
        exitCodes.usage,
        `'${service}' has the operation '${name}' already (${at}). Choose another name. Nothing was changed.`,
      )
    if (route !== undefined && routeOf(value) === route)
      throw new CommandFailure(
        exitCodes.usage,
        `'${service}.${other}' answers ${route} already (${at}). Choose another route. Nothing was changed.`,
      )
  }
  return appendMember(source, membersOf(operations), text)
}

/** The route of an operation that is written out. */
function routeOf(value: Parameters<typeof asObject>[0]): string | undefined {
  const options = value?.type === 'CallExpression' ? asObject(value.arguments[0]) : undefined
  const http = options && propertiesOf(options).get('http')?.value
  const long = asObject(http)
  return asText(http) ?? asText(long && propertiesOf(long).get('route')?.value)
}
