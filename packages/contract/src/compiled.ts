import { type CompiledSchema, compileSchema } from './compiled-schema.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type CompiledRoute, compileRoute } from './http-route.ts'
import type { AuthRequirement, OperationDefinition } from './operation.ts'
import type { JsonSchema, Schema } from './schema.ts'

/** Everything that is worked out once per operation, when its contract is defined. */
export interface CompiledOperation {
  readonly input: CompiledSchema | undefined
  readonly output: CompiledSchema | undefined
  readonly clientStream: CompiledSchema | undefined
  readonly serverStream: CompiledSchema | undefined
  readonly failures: { readonly [name: string]: CompiledSchema | undefined }
  readonly route: CompiledRoute | undefined
  readonly auth: AuthRequirement
  /** Time limit where the caller has no shorter one; Infinity for streams that name none. */
  readonly timeoutMs: number
  /** Equal for operations with equal promises; two processes compare it in the handshake. */
  readonly fingerprint: string
}

const defaultTimeoutMs = 10_000

/** Compiles an operation; calls `report` for each mistake. */
export function compileOperation(
  definition: OperationDefinition,
  report: (problem: string) => void,
): CompiledOperation {
  const schema = (part: string, value: Schema | undefined, travel: 'input' | 'data'): CompiledSchema | undefined =>
    value === undefined ? undefined : compileSchema(value, travel, (problem) => report(`${part}: ${problem}`))
  const stream = definition.kind === 'stream' ? definition : undefined
  const input = schema('input', definition.input, 'input')
  const output = schema('output', definition.output, 'data')
  const clientStream = schema('clientStream', stream?.clientStream, 'input')
  const serverStream = schema('serverStream', stream?.serverStream, 'data')
  // Without a prototype, as the operations of a contract.
  const failures = Object.create(null) as Record<string, CompiledSchema | undefined>
  for (const [name, { data }] of Object.entries(definition.errors))
    failures[name] = schema(`failure '${name}'`, data, 'data')
  const route = routeOf(definition, input, report)
  const auth = definition.auth ?? (definition.kind === 'query' ? 'optional' : 'required')
  const timeoutMs = definition.timeoutMs ?? (stream ? Infinity : defaultTimeoutMs)
  if (!(timeoutMs > 0)) report(`timeoutMs is ${timeoutMs}; it must be a number of milliseconds above 0`)
  if (stream && !clientStream && !serverStream)
    report('a stream has neither clientStream nor serverStream; name one, or use query or command')
  if (serverStream && output)
    report('a stream with serverStream cannot have an output too; make the last item carry it')
  const fingerprint = fingerprintOf({
    kind: definition.kind,
    schemas: [input, output, clientStream, serverStream].map((part) => part && [part.inputJson, part.outputJson]),
    failures: Object.entries(definition.errors).map(([name, { code }]) => [name, code, failures[name]?.outputJson]),
  })
  return { input, output, clientStream, serverStream, failures, route, auth, timeoutMs, fingerprint }
}

function routeOf(
  definition: OperationDefinition,
  input: CompiledSchema | undefined,
  report: (problem: string) => void,
): CompiledRoute | undefined {
  const { http } = definition
  if (http === undefined) return undefined
  const { route, status = 200 } = typeof http === 'string' ? { route: http } : http
  const compiled = compileRoute(route, status, report)
  if (compiled === undefined) return undefined
  const fields = fieldsOf(input?.inputJson)
  for (const name of compiled.parameters) {
    if (fields === undefined || !fields.includes(name))
      report(`route '${route}' has the parameter {${name}}, but the input has no field '${name}'; add it to the input`)
  }
  if (compiled.method === 'GET' && definition.kind === 'command')
    report(`route '${route}' is a GET, but a command changes state; use POST, PUT, PATCH or DELETE`)
  return compiled
}

/** The names of an object schema's fields; undefined where it is no object schema. */
export function fieldsOf(schema: JsonSchema | undefined): readonly string[] | undefined {
  const properties = schema?.['properties']
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : undefined
}
