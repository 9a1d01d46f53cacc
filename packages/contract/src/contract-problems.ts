import { isCode } from './code.ts'
import type { ContractDefinition } from './contract.ts'
import { compileRoute, routeKey } from './http-route.ts'

const contractName = /^[a-z][a-z0-9-]*$/
const memberName = /^[a-z][A-Za-z0-9]*$/
/** Names that a client object or a promise machinery already gives another meaning. */
const reserved: readonly string[] = [
  'then',
  'catch',
  'finally',
  'constructor',
  'toString',
  'valueOf',
  'toJSON',
  'prototype',
]

/**
 * Most characters of the name of an app, a service, a group, an operation, an event or a failure. Names become parts of
 * host names, of a database's roles and of handshakes, which carry no more.
 */
export const maxNameLength = 63

/** The mistakes in a contract's names and routes; what concerns one operation's schemas is found when it is compiled. */
export function contractProblems(name: string, definition: ContractDefinition): string[] {
  const problems: string[] = []
  if (!contractName.test(name))
    problems.push(`the name '${name}' must be lower case letters, digits and hyphens, beginning with a letter`)
  problems.push(...lengthProblems('the name', name))
  const operations = Object.entries(definition.operations ?? {})
  const events = Object.entries(definition.events ?? {})
  for (const [key] of operations) problems.push(...nameProblems('operation', key))
  for (const [key, event] of events) {
    problems.push(...nameProblems('event', key))
    if (event.kind !== 'event') problems.push(`event '${key}' is not made with event()`)
  }
  const routes = new Map<string, string>()
  for (const [key, operation] of operations) {
    if (!['query', 'command', 'stream'].includes(operation.kind))
      problems.push(`operation '${key}' is not made with query(), command() or stream()`)
    for (const [failureName, declared] of Object.entries(operation.errors ?? {})) {
      problems.push(...nameProblems(`operation '${key}': failure`, failureName))
      if (!isCode(declared.code))
        problems.push(
          `operation '${key}': failure '${failureName}' has the unknown code '${String(declared.code)}'; use one of the 16 gRPC codes`,
        )
    }
    if (operation.http === undefined) continue
    const { route } = typeof operation.http === 'string' ? { route: operation.http } : operation.http
    const compiled = compileRoute(route, 200, () => {})
    if (compiled === undefined) continue
    const other = routes.get(routeKey(compiled))
    if (other !== undefined)
      problems.push(
        `operations '${other}' and '${key}' clash: both answer ${routeKey(compiled)}; change one of the routes`,
      )
    else routes.set(routeKey(compiled), key)
  }
  return problems
}

function lengthProblems(what: string, name: string): string[] {
  if (name.length <= maxNameLength) return []
  return [`${what} '${name}' has ${name.length} characters; at most ${maxNameLength} are possible`]
}

function nameProblems(what: string, name: string): string[] {
  if (!memberName.test(name))
    return [`${what} '${name}': a name is camelCase letters and digits, beginning with a lower-case letter`]
  if (reserved.includes(name)) return [`${what} '${name}': this name has a meaning in JavaScript; choose another`]
  return lengthProblems(what, name)
}
