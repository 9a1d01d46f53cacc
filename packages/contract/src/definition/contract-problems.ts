import { compileRoute, routeKey } from '../http/http-route.ts'
import { isCode } from '../kernel/code.ts'
import { isRecord } from '../kernel/is-record.ts'
import { memberNameProblem, serviceNameProblem } from '../kernel/names.ts'
import type { ContractDefinition } from './contract.ts'

/** The mistakes in a contract's names and routes; what concerns one operation's schemas is found when it is compiled. */
export function contractProblems(name: string, definition: ContractDefinition): string[] {
  const problems: string[] = []
  const nameProblem = serviceNameProblem(name)
  if (nameProblem !== undefined) problems.push(nameProblem)
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
    const { route } = isRecord(operation.http) ? operation.http : { route: operation.http }
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

function nameProblems(what: string, name: string): string[] {
  const problem = memberNameProblem(name)
  return problem === undefined ? [] : [`${what} ${problem}`]
}
