import { serviceNameProblem } from '@holon/contract'

import type { AppDefinition, Placement } from './app.ts'

export { busName } from '@holon/events/definition'

/** The name under which the gateway is placed. */
export const gatewayName = 'gateway'

/** What runs together: a group's name and its services; `gateway` among them means the gateway. */
export interface Group {
  readonly name: string
  readonly services: readonly string[]
  readonly replicas: number
}

/** Everything that can be placed: the services and, if the app has one, the gateway. */
export function placeable(app: Pick<AppDefinition, 'services' | 'gateway'>): readonly string[] {
  return [...Object.keys(app.services), ...(app.gateway ? [gatewayName] : [])]
}

/** The groups of a placement, with `'*'` resolved. */
export function groupsOf(app: AppDefinition, placement: Placement = app.placement): readonly Group[] {
  const named = new Set(Object.values(placement).flatMap((services) => (services === '*' ? [] : services)))
  const rest = placeable(app).filter((name) => !named.has(name))
  return Object.entries(placement).map(([name, services]) => ({
    name,
    services: services === '*' ? rest : services,
    replicas: (Object.hasOwn(app.replicas, name) ? app.replicas[name] : undefined) ?? 1,
  }))
}

/** Every service in a process of its own. */
export function splitPlacement(app: Pick<AppDefinition, 'services' | 'gateway'>): Placement {
  return Object.fromEntries(placeable(app).map((name) => [name, [name]]))
}

/** What is wrong with a placement; empty if nothing is. */
export function placementProblems(app: Pick<AppDefinition, 'services' | 'gateway'>, placement: Placement): string[] {
  const problems: string[] = []
  const known = placeable(app)
  const placed = new Map<string, string>()
  const stars = Object.keys(placement).filter((group) => placement[group] === '*')
  if (stars.length > 1)
    problems.push(
      `placement: groups ${stars.map((name) => `'${name}'`).join(' and ')} both take '*'; only one can take the rest`,
    )
  for (const [group, services] of Object.entries(placement)) {
    const problem = serviceNameProblem(group)
    if (problem !== undefined) problems.push(`placement, group: ${problem}`)
    for (const service of services === '*' ? [] : services) {
      const other = placed.get(service)
      if (!known.includes(service))
        problems.push(
          `placement: group '${group}' names '${service}', which the app does not have (it has ${known.join(', ')})`,
        )
      else if (other !== undefined)
        problems.push(
          `placement: '${service}' is in groups '${other}' and '${group}'; leave it in one (use replicas for copies)`,
        )
      placed.set(service, group)
    }
  }
  const missing = stars.length > 0 ? [] : known.filter((name) => !placed.has(name))
  if (missing.length > 0)
    problems.push(
      `placement: ${missing.map((name) => `'${name}'`).join(', ')} would run nowhere; add a group that takes '*'`,
    )
  return problems
}
