import { DefinitionError, type Operation, routeKey } from '@holon/contract'
import { type HttpMapping, httpMapping } from '@holon/contract/http'

import { authProblems } from './authenticator.ts'
import type { Exposure, GatewayDefinition } from './definition/index.ts'
import { type InputReader, inputReader } from './input-reader.ts'

/** An operation as the gateway offers it. */
export interface PlannedRoute {
  readonly operation: Operation
  readonly mapping: HttpMapping
  /** With the prefix: `/api/orders/{id}`. */
  readonly path: string
  readonly readInput: InputReader
}

/** Longer parts of a path are no identifiers. */
export const maxPartLength = 1024

/** Paths that the gateway itself answers. */
export const ownPaths: readonly string[] = ['/livez', '/readyz', '/openapi.json', '/docs']

/**
 * Works out what a gateway offers.
 *
 * @throws DefinitionError naming all mistakes at once.
 */
export function planRoutes(definition: GatewayDefinition): readonly PlannedRoute[] {
  const { prefix = '', auth, cors, expose } = definition
  const problems: string[] = []
  const report = (problem: string): number => problems.push(problem)
  if (!/^(?:\/[A-Za-z0-9._~-]+)*$/.test(prefix))
    report(`prefix '${prefix}' must be of the form '/api', without a slash at its end`)
  if (auth) authProblems(auth).forEach(report)
  if (cors?.credentials === true && cors.origins.includes('*'))
    report(`cors.origins has '*' together with credentials; browsers refuse that: name the origins`)
  for (const origin of cors?.origins ?? [])
    if (origin !== '*' && originOf(origin) !== origin)
      report(
        `cors.origins has '${origin}', which no browser sends; write it like 'https://app.example', without a path`,
      )
  const routes = expose.flatMap((exposure) => exposedRoutes(exposure, prefix, report))
  clashes(routes).forEach(report)
  numberProblems(definition).forEach(report)
  for (const { at } of definition.static ?? [])
    if (!/^\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*)?$/.test(at))
      report(`static: '${at}' must be '/' or of the form '/assets', without a slash at its end`)
  if (problems.length > 0) throw new DefinitionError('The gateway', problems)
  return routes
}

/** The origin that a browser sends; other schemes than HTTP's (apps on telephones) have none by the standard, but send one. */
function originOf(text: string): string | undefined {
  if (!/^https?:/.test(text)) return /^[a-z][a-z\d+.-]*:\/\/[^/?#]+$/.exec(text)?.[0]
  return URL.canParse(text) ? new URL(text).origin : undefined
}

/** For who writes no types, and for numbers, of which a type says nothing: a limit that is NaN is none. */
function numberProblems({ limits = {}, port = 0, static: directories = [] }: GatewayDefinition): readonly string[] {
  const problems: string[] = []
  const check = (name: string, value: number, [least, most]: readonly [number, number]): void => {
    if (!Number.isInteger(value) || value < least || value > most)
      problems.push(`${name} is ${value}; use a whole number from ${least} to ${most}`)
  }
  const longestMs = 2 ** 31 - 1 // what timers hold
  const { bodyBytes = 0, headerBytes = 1024, requestTimeoutMs = 1, callTimeoutMs = 1 } = limits
  check('limits.bodyBytes', bodyBytes, [0, 2 ** 30])
  check('limits.headerBytes', headerBytes, [1024, 2 ** 20])
  check('limits.requestTimeoutMs', requestTimeoutMs, [1, longestMs])
  check('limits.callTimeoutMs', callTimeoutMs, [1, longestMs])
  check('port', port, [0, 65_535])
  for (const { at, maxAgeS = 0 } of directories) check(`static, '${at}': maxAgeS`, maxAgeS, [0, longestMs])
  return problems
}

function exposedRoutes(
  { contract, operations }: Exposure,
  prefix: string,
  report: (problem: string) => void,
): readonly PlannedRoute[] {
  return operations.flatMap((name) => {
    const operation = Object.hasOwn(contract.operations, name) ? contract.operations[name] : undefined
    if (operation === undefined) {
      const known = Object.keys(contract.operations).join(', ')
      report(`expose: contract '${contract.name}' has no operation '${name}'; it has: ${known}`)
      return []
    }
    const { definition, id } = operation
    const mapping = httpMapping(operation.compiled, (problem) => report(`${id}: ${problem}`))
    if (mapping === undefined) {
      report(`expose: ${id} has no route; give it one in its contract (http: 'GET /…'), or do not expose it`)
      return []
    }
    if (definition.kind === 'stream' && definition.clientStream !== undefined) {
      report(`expose: ${id} takes a stream of items, which HTTP does not carry; expose a command that takes a list`)
      return []
    }
    return [
      { operation, mapping, path: prefix + mapping.route.path, readInput: inputReader(operation, mapping, report) },
    ]
  })
}

function clashes(routes: readonly PlannedRoute[]): readonly string[] {
  const problems: string[] = []
  const byKey = new Map<string, PlannedRoute>()
  for (const route of routes) {
    const { path, operation, mapping } = route
    const key = routeKey({ ...mapping.route, path })
    const earlier = byKey.get(key)
    if (earlier !== undefined && earlier.operation === operation)
      problems.push(`expose: ${operation.id} is named twice`)
    else if (earlier !== undefined)
      problems.push(`expose: ${earlier.operation.id} and ${operation.id} both answer ${key}; change one of the routes`)
    byKey.set(key, route)
    if (ownPaths.some((own) => path === own || path.startsWith(`${own}/`)))
      problems.push(
        `expose: ${operation.id} answers ${path}, which the gateway itself answers; change the route or set a prefix`,
      )
  }
  return problems
}
