import { httpMapping } from '../http/http-mapping.ts'
import { type CompiledRoute, compileRoute } from '../http/http-route.ts'
import { type InputPlaces, inputPlaces } from '../http/input-places.ts'
import { fingerprintOf } from '../kernel/fingerprint.ts'
import { isRecord } from '../kernel/is-record.ts'
import { type CompiledSchema, compileSchema } from '../schema/compiled-schema.ts'
import type { JsonSchema, Schema } from '../schema/schema.ts'
import type { AuthRequirement, OperationDefinition } from './operation.ts'

/** Everything that is worked out once per operation, when its contract is defined. */
export interface CompiledOperation {
  readonly input: CompiledSchema | undefined
  readonly output: CompiledSchema | undefined
  readonly clientStream: CompiledSchema | undefined
  readonly serverStream: CompiledSchema | undefined
  readonly failures: { readonly [name: string]: CompiledSchema | undefined }
  readonly route: CompiledRoute | undefined
  /** Where the input goes in a request; undefined without a route or an input. Worked out when first asked for. */
  readonly places: InputPlaces | undefined
  readonly auth: AuthRequirement
  /** Time limit where the caller has no shorter one; Infinity for streams that name none. */
  readonly timeoutMs: number
  /** Equal for operations with equal promises; two processes compare it in the handshake. */
  readonly fingerprint: string
}

const defaultTimeoutMs = 10_000
/** What timers of Node hold, almost 25 days; with more they fire at once. */
const longestTimeoutMs = 2 ** 31 - 1

/** For who writes no types, and for who casts: what the types allow, and no more. */
const requirements: readonly string[] = ['required', 'optional', 'none']
const statuses: readonly number[] = [200, 201, 202]

interface Choices {
  readonly auth: string
  readonly timeoutMs: number
  readonly isEndless: boolean
}

function checkChoices({ auth, timeoutMs, isEndless }: Choices, report: (problem: string) => void): void {
  const isLimit = typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= longestTimeoutMs
  if (!isLimit && !isEndless)
    report(`timeoutMs is ${timeoutMs}; it must be a number of milliseconds above 0 and at most ${longestTimeoutMs}`)
  if (!requirements.includes(auth)) report(`auth is '${auth}'; use 'required', 'optional' or 'none'`)
}

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
  checkChoices({ auth, timeoutMs, isEndless: stream !== undefined && timeoutMs === Infinity }, report)
  if (stream && !clientStream && !serverStream)
    report('a stream has neither clientStream nor serverStream; name one, or use query or command')
  if (serverStream && output)
    report('a stream with serverStream cannot have an output too; make the last item carry it')
  const fingerprint = fingerprintOf({
    kind: definition.kind,
    schemas: [input, output, clientStream, serverStream].map((part) => part && [part.inputJson, part.outputJson]),
    failures: Object.entries(definition.errors).map(([name, { code }]) => [name, code, failures[name]?.outputJson]),
  })
  const compiled = { input, output, clientStream, serverStream, failures, route, auth, timeoutMs, fingerprint }
  let places: InputPlaces | undefined
  return {
    ...compiled,
    get places() {
      return (places ??= input && inputPlaces(httpMapping(compiled)))
    },
  }
}

function routeOf(
  definition: OperationDefinition,
  input: CompiledSchema | undefined,
  report: (problem: string) => void,
): CompiledRoute | undefined {
  const { http } = definition
  if (http === undefined) return undefined
  const { route, status = 200 } = isRecord(http) ? http : { route: http }
  if (!statuses.includes(status))
    report(
      `http.status is ${status}; use ${statuses.join(', ')}, or none (200; 204 where there is nothing to answer): others mean what no answer of an operation is`,
    )
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
