/** An operation's HTTP mapping, taken apart. */
export interface CompiledRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** As written: `/orders/{id}`. */
  readonly path: string
  /** Names of the path's parameters, in order. */
  readonly parameters: readonly string[]
  /** The success status. */
  readonly status: number
}

const form = /^(GET|POST|PUT|PATCH|DELETE) (\/\S*)$/
const segmentForm = /^(?:[A-Za-z0-9._~-]+|\{[A-Za-z][A-Za-z0-9_]*\})$/

/** Parses `METHOD /path/{parameter}`; calls `report` for each mistake. */
export function compileRoute(
  route: string,
  status: number,
  report: (problem: string) => void,
): CompiledRoute | undefined {
  const match = form.exec(route)
  if (match === null) {
    report(`route '${route}' is not of the form 'GET /path/{parameter}'`)
    return undefined
  }
  // What the form's two groups match.
  const [, method, path] = match as unknown as [string, CompiledRoute['method'], string]
  const segments = path.split('/').slice(1)
  const parameters: string[] = []
  for (const segment of path === '/' ? [] : segments) {
    if (!segmentForm.test(segment))
      report(`route '${route}' has a bad segment '${segment}'; use letters, digits, - . _ ~ or a whole {parameter}`)
    else if (segment.startsWith('{')) parameters.push(segment.slice(1, -1))
  }
  const twice = parameters.find((name, index) => parameters.indexOf(name) !== index)
  if (twice !== undefined) report(`route '${route}' has the parameter {${twice}} twice; give each its own name`)
  return { method, path, parameters, status }
}

/** Equal for routes that the same request could match: parameters count by position, not by name. */
export function routeKey(route: CompiledRoute): string {
  return `${route.method} ${route.path.replaceAll(/\{[^}]*\}/g, '{}')}`
}
