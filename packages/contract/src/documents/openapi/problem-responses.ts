import type { Operation } from '../../definition/operation.ts'
import { failureProblemType, problemTypes } from '../../http/problem-type.ts'
import { codes } from '../../kernel/code.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import type { SchemaComponents } from './schema-components.ts'

const mediaType = 'application/problem+json'

/** The schema of every problem document (RFC 9457). */
export const problemSchema: JsonSchema = {
  type: 'object',
  description: 'What went wrong (RFC 9457).',
  properties: {
    type: { type: 'string', format: 'uri', description: `Names the kind of problem; begins with ${problemTypes}.` },
    title: { type: 'string', description: 'The kind of problem in words; the same for every occurrence.' },
    status: { type: 'integer', description: 'The HTTP status, repeated.' },
    detail: { type: 'string', description: 'What is wrong with this very request.' },
    instance: { type: 'string', format: 'uri-reference', description: 'The path of the request.' },
    code: { type: 'string', enum: Object.keys(codes), description: 'The error code, of a closed set.' },
    traceId: { type: 'string', description: 'Quote it when you ask for help: it finds the log lines.' },
    errors: {
      type: 'array',
      description: 'What is wrong with the input, field by field.',
      items: {
        type: 'object',
        properties: {
          path: { type: 'array', items: { type: ['string', 'integer'] } },
          pointer: { type: 'string', description: 'The same path as a JSON Pointer (RFC 6901) in a URI fragment.' },
          message: { type: 'string' },
        },
        required: ['path', 'pointer', 'message'],
      },
    },
  },
  required: ['type', 'title', 'status', 'instance', 'code', 'traceId'],
}

const problem: JsonSchema = { $ref: '#/components/schemas/Problem' }

/** The responses that operations share, under `#/components/responses/`. */
export const sharedResponses: Readonly<Record<string, JsonSchema>> = {
  InvalidInput: response('The input is wrong; `errors` says where.', problem),
  Unauthenticated: {
    ...response('The bearer token is missing or not accepted.', problem),
    headers: { 'WWW-Authenticate': { schema: { type: 'string' } } },
  },
  Problem: response('Anything else that went wrong.', problem),
}

function response(description: string, schema: JsonSchema): JsonSchema {
  return { description, content: { [mediaType]: { schema } } }
}

/** The responses of an operation that are no success, by status. */
export function problemResponses(
  operation: Operation,
  hasInput: boolean,
  components: SchemaComponents,
): Record<string, JsonSchema> {
  const shared = (name: string): JsonSchema => ({ $ref: `#/components/responses/${name}` })
  const responses: Record<string, JsonSchema> = {
    ...(hasInput && { '400': shared('InvalidInput') }),
    ...(operation.compiled.auth !== 'none' && { '401': shared('Unauthenticated') }),
  }
  for (const [status, names] of failuresByStatus(operation)) {
    const declared = names.map((name) => failureSchema(operation, name, components))
    const descriptions = names.map((name) => {
      const { description } = operation.definition.errors[name] ?? {}
      return description === undefined ? `\`${name}\`` : `\`${name}\`: ${description}`
    })
    responses[status] = response(`Declared failures: ${descriptions.join('; ')}`, { anyOf: [...declared, problem] })
  }
  return { ...responses, default: shared('Problem') }
}

function failuresByStatus(operation: Operation): Map<string, string[]> {
  const byStatus = new Map<string, string[]>()
  for (const [name, { code }] of Object.entries(operation.definition.errors)) {
    const status = String(codes[code].http)
    byStatus.set(status, [...(byStatus.get(status) ?? []), name])
  }
  return byStatus
}

function failureSchema(operation: Operation, name: string, components: SchemaComponents): JsonSchema {
  const data = operation.compiled.failures[name]
  const code = operation.definition.errors[name]?.code
  return {
    allOf: [
      problem,
      {
        type: 'object',
        properties: {
          type: { const: failureProblemType(operation, name) },
          code: { const: code },
          failure: { const: name },
          ...(data && { data: components.place(data.outputJson, `${operation.service}_${operation.name}_${name}`) }),
        },
        required: ['failure', ...(data ? ['data'] : [])],
      },
    ],
  }
}
