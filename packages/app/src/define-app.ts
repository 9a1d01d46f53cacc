import { DefinitionError, serviceNameProblem } from '@holon/contract'
import { embedded, busCallerName, busName } from '@holon/events/definition'
import { exposureProblems } from '@holon/gateway/definition'

import type { AppDefinition, AppOptions, Placement } from './app.ts'
import { gatewayName, groupsOf, placementProblems } from './placement.ts'

const reservedNames: readonly string[] = [gatewayName, busName, busCallerName, 'cli']

/** A busy process does not answer faster for certain: collecting garbage alone may take as long. */
const shortestHangMs = 1_000

/**
 * Defines an app: its services, gateway and placement. Default export of `holon.config.ts`.
 *
 * @throws DefinitionError naming every mistake at once.
 *
 * @example
 * export default defineApp({
 *   name: 'shop',
 *   services: { orders: () => Promise.resolve({ default: ordersService }) }, // usually () => import('./orders/service.ts')
 *   gateway: { expose: [expose(orders, ['place'])] },
 *   placement: { main: '*' },
 * })
 */
export function defineApp(options: AppOptions): AppDefinition {
  const placement: Placement = options.placement ?? { main: '*' }
  const { name, services, gateway, replicas = {}, processes = {}, hangTimeoutMs = 15_000, bus = embedded() } = options
  const app: AppDefinition = { name, services, gateway, placement, replicas, processes, hangTimeoutMs, bus }
  const problems = [
    ...nameProblems(app),
    ...exposureProblems(gateway?.expose ?? [], Object.keys(services)),
    ...processProblems(app),
    ...placementProblems(app, placement),
  ]
  if (!(Number.isFinite(hangTimeoutMs) && (hangTimeoutMs === 0 || hangTimeoutMs >= shortestHangMs)))
    problems.push(`hangTimeoutMs is ${hangTimeoutMs}; use milliseconds from ${shortestHangMs}, or 0 for never`)
  if (problems.length === 0) problems.push(...replicaProblems(app))
  if (problems.length > 0) throw new DefinitionError(`App '${name}'`, problems)
  return app
}

function nameProblems(app: AppDefinition): string[] {
  const problems: string[] = []
  const check = (name: string): void => {
    const problem = serviceNameProblem(name)
    if (problem !== undefined) problems.push(problem)
  }
  check(app.name)
  for (const service of [...Object.keys(app.services), ...Object.keys(app.processes)]) {
    check(service)
    if (reservedNames.includes(service))
      problems.push(`the name '${service}' means something else in Holon; choose another`)
  }
  for (const [service, load] of Object.entries(app.services)) {
    if (typeof load !== 'function')
      problems.push(
        `service '${service}' is not a function that imports its module: () => import('./services/${service}/service.ts')`,
      )
  }
  return problems
}

function processProblems({ processes, gateway }: AppDefinition): string[] {
  const problems: string[] = []
  const owners = new Map<number, string>(gateway?.port ? [[gateway.port, 'the gateway']] : [])
  for (const [name, { port, gatewayVariable }] of Object.entries(processes)) {
    if (gatewayVariable !== undefined && gateway === undefined)
      problems.push(`process '${name}' wants the URL of the gateway, and the app has none`)
    if (port === undefined) continue
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      problems.push(`process '${name}' has port ${port}; use a whole number from 1 to 65535, or leave it out`)
    const other = owners.get(port)
    if (other !== undefined) problems.push(`process '${name}' has the port ${port} of ${other}`)
    owners.set(port, `process '${name}'`)
  }
  return problems
}

function replicaProblems(app: AppDefinition): string[] {
  const problems: string[] = []
  const groups = groupsOf(app)
  for (const [group, count] of Object.entries(app.replicas)) {
    if (!groups.some((known) => known.name === group)) problems.push(`replicas: there is no group '${group}'`)
    if (!Number.isInteger(count) || count < 1)
      problems.push(`replicas: group '${group}' has ${count}; use a whole number from 1`)
  }
  const edge = groups.find(({ services }) => services.includes(gatewayName))
  // Elsewhere the system does not spread connections among processes that share a port.
  if (edge !== undefined && edge.replicas > 1 && process.platform !== 'linux')
    problems.push(
      `replicas: group '${edge.name}' holds the gateway and must have one copy, except on Linux; place the gateway on its own`,
    )
  return problems
}
