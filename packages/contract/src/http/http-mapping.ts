import { isRecord } from '../kernel/is-record.ts'
import type { CompiledSchema } from '../schema/compiled-schema.ts'
import { type SchemaField, schemaFields } from '../schema/schema-fields.ts'
import type { JsonSchema } from '../schema/schema.ts'
import type { CompiledRoute } from './http-route.ts'

/** What of an operation its mapping is made from: what it was compiled to. */
export interface MappedOperation {
  readonly route: CompiledRoute | undefined
  readonly input: Pick<CompiledSchema, 'inputJson'> | undefined
  readonly output: unknown
  readonly serverStream: unknown
}

/** How an operation's input is spread over an HTTP request. The gateway and the OpenAPI document share it. */
export interface HttpMapping {
  readonly route: CompiledRoute
  /** The status of a success; 204 where there is nothing to answer and no other status was asked for. */
  readonly status: number
  /** Fields that come from the path, in the order of the path. */
  readonly path: readonly SchemaField[]
  /** Fields that come from the query string: of GET and DELETE all that are not in the path. */
  readonly query: readonly SchemaField[]
  /** Whether the query string may carry fields that the input does not name. */
  readonly openQuery: boolean
  /** What the JSON body holds; undefined where no body is expected. `required`: something in it must be given. */
  readonly body: { readonly schema: JsonSchema; readonly required: boolean } | undefined
  /** What the references in the fields' schemas are relative to: the whole input schema. */
  readonly document: JsonSchema
}

/** The mapping of an operation with a route; calls `report` for what HTTP cannot carry. Undefined without a route. */
export function httpMapping(
  operation: MappedOperation,
  report: (problem: string) => void = () => {},
): HttpMapping | undefined {
  const { route, input } = operation
  if (route === undefined) return undefined
  const document = input?.inputJson ?? {}
  const object = input && schemaFields(document)
  const inPath = (field: SchemaField): boolean => route.parameters.includes(field.name)
  const fields = object?.fields ?? []
  const others = fields.filter((field) => !inPath(field))
  const path = fields
    .filter(inPath)
    .toSorted((a, b) => route.parameters.indexOf(a.name) - route.parameters.indexOf(b.name))
  const shared = { route, status: statusOf(operation, route), path, document }
  if (route.method !== 'GET' && route.method !== 'DELETE') {
    const body = input && bodyOf(document, route, object && { others, open: object.open })
    return { ...shared, query: [], openQuery: false, body }
  }
  if (input !== undefined && object === undefined)
    report(`the input of a ${route.method} must be an object, whose fields become query parameters`)
  return { ...shared, query: others, openQuery: object?.open === true, body: undefined }
}

function statusOf({ output, serverStream }: MappedOperation, route: CompiledRoute): number {
  const answersNothing = output === undefined && serverStream === undefined
  return answersNothing && route.status === 200 ? 204 : route.status
}

function bodyOf(
  document: JsonSchema,
  route: CompiledRoute,
  object: { readonly others: readonly SchemaField[]; readonly open: boolean } | undefined,
): HttpMapping['body'] {
  if (object === undefined) return { schema: document, required: true }
  if (object.others.length === 0 && !object.open && route.parameters.length > 0) return undefined
  const required = object.others.some((field) => field.required)
  return { schema: withoutFields(document, route.parameters), required }
}

/** The schema less the fields that come from the path; as it is where there are none. */
function withoutFields(schema: JsonSchema, names: readonly string[]): JsonSchema {
  if (names.length === 0) return schema
  const { properties, required, ...rest } = schema
  const kept = Object.entries(isRecord(properties) ? properties : {}).filter(([name]) => !names.includes(name))
  const needed = Array.isArray(required) ? required.filter((name) => !names.includes(String(name))) : []
  return { ...rest, properties: Object.fromEntries(kept), ...(needed.length > 0 && { required: needed }) }
}
