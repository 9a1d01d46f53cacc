import type { Operation } from '../../definition/operation.ts'
import { httpMapping } from '../../http/http-mapping.ts'
import type { SchemaField } from '../../schema/schema-fields.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import { problemResponses } from './problem-responses.ts'
import type { SchemaComponents } from './schema-components.ts'

/** An OpenAPI operation object, and where in `paths` it belongs. */
export interface OperationObject {
  readonly path: string
  readonly method: string
  readonly object: JsonSchema
}

const idempotencyKey: JsonSchema = {
  name: 'Idempotency-Key',
  in: 'header',
  description: 'Makes repeating the request safe where the service honours it. 1 to 255 printable ASCII characters.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x20-\\x7e]+$' },
}

/** Describes one operation; undefined where it has no route. */
export function operationObject(
  operation: Operation,
  components: SchemaComponents,
  security: boolean,
): OperationObject | undefined {
  const mapping = httpMapping(operation.compiled)
  if (mapping === undefined) return undefined
  const { summary, description, deprecated, kind } = operation.definition
  const hint = `${operation.service}_${operation.name}`
  const parameter = (place: 'path' | 'query', field: SchemaField): JsonSchema =>
    parameterObject(place, field, components.place(field.schema, `${hint}_${field.name}`, mapping.document))
  const parameters = [
    ...mapping.path.map((field) => parameter('path', field)),
    ...mapping.query.map((field) => parameter('query', field)),
    ...(kind === 'command' ? [idempotencyKey] : []),
  ]
  const object: JsonSchema = {
    operationId: hint,
    tags: [operation.service],
    ...(summary !== undefined && { summary }),
    ...(description !== undefined && { description }),
    ...(deprecated === true && { deprecated }),
    ...(security && { security: securityOf(operation) }),
    ...(parameters.length > 0 && { parameters }),
    ...(mapping.body && {
      requestBody: {
        required: mapping.body.required,
        content: {
          'application/json': { schema: components.place(mapping.body.schema, `${hint}_input`, mapping.document) },
        },
      },
    }),
    responses: {
      [mapping.status]: successResponse(operation, components),
      ...problemResponses(operation, operation.compiled.input !== undefined, components),
    },
  }
  return { path: mapping.route.path, method: mapping.route.method.toLowerCase(), object }
}

function parameterObject(place: 'path' | 'query', field: SchemaField, schema: JsonSchema): JsonSchema {
  const { description, ...rest } = schema
  return {
    name: field.name,
    in: place,
    ...(typeof description === 'string' && { description }),
    ...((place === 'path' || field.required) && { required: true }),
    schema: rest,
  }
}

function securityOf(operation: Operation): readonly JsonSchema[] {
  const { auth } = operation.compiled
  if (auth === 'none') return []
  return auth === 'required' ? [{ bearer: [] }] : [{}, { bearer: [] }]
}

function successResponse(operation: Operation, components: SchemaComponents): JsonSchema {
  const { output, serverStream } = operation.compiled
  const hint = `${operation.service}_${operation.name}_output`
  if (serverStream !== undefined) {
    const item = components.place(serverStream.outputJson, hint)
    return {
      description: 'Server-Sent Events: `message` for each item, then `end`; `error` with a problem document.',
      // OpenAPI 3.1 cannot describe the items of an event stream (3.2 can, with `itemSchema`).
      content: { 'text/event-stream': { schema: { type: 'string', 'x-item-schema': item } } },
    }
  }
  if (output === undefined) return { description: 'Done.' }
  const schema = components.place(output.outputJson, hint)
  return { description: 'Success.', content: { 'application/json': { schema } } }
}
