/** A JSON Schema, as an OpenAPI document holds it. */
export type Schema = Readonly<Record<string, unknown>>

/** An OpenAPI document, as far as the prober reads it. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> }
}

export interface OpenApiOperation {
  readonly operationId?: string
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[]
  readonly parameters?: readonly OpenApiParameter[]
  readonly requestBody?: {
    readonly required?: boolean
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>
  }
}

export interface OpenApiParameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly schema: Schema
}

/** Follows references within the document. */
export function resolve(schema: Schema, document: OpenApi): Schema {
  let current = schema
  for (let hops = 0; typeof current['$ref'] === 'string' && hops < 20; hops += 1) {
    const path = current['$ref'].split('/').slice(1)
    current = path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document) as Schema
  }
  return current
}

const list = (value: unknown): readonly Schema[] => (Array.isArray(value) ? (value as readonly Schema[]) : [])

/** The JSON types that a schema accepts; undefined where it does not say. */
export function typesOf(unresolved: Schema, document: OpenApi): ReadonlySet<string> | undefined {
  const schema = resolve(unresolved, document)
  if (schema['type'] !== undefined) return new Set([schema['type']].flat() as string[])
  const literals = 'const' in schema ? [schema['const']] : (schema['enum'] as readonly unknown[] | undefined)
  if (literals)
    return new Set(literals.map((value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value)))
  const members = [...list(schema['anyOf']), ...list(schema['oneOf'])].map((member) => typesOf(member, document))
  if (members.length === 0 || members.includes(undefined)) return undefined
  return new Set(members.flatMap((member) => [...(member ?? [])]))
}

/** A value that a schema most likely accepts: enough for a request of which a single part is then made wrong. */
export function sampleOf(unresolved: Schema, document: OpenApi, depth = 0): unknown {
  const schema = resolve(unresolved, document)
  if ('const' in schema) return schema['const']
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  if ('default' in schema) return schema['default']
  const member = [...list(schema['anyOf']), ...list(schema['oneOf'])][0]
  if (member !== undefined) return depth > 8 ? null : sampleOf(member, document, depth + 1)
  switch ([schema['type']].flat()[0]) {
    case 'object':
      return sampleObject(schema, document, depth)
    case 'array': {
      const items = schema['items'] as Schema | undefined
      const count = Number(schema['minItems'] ?? 0)
      return Array.from({ length: count }, () => sampleOf(items ?? {}, document, depth + 1))
    }
    case 'integer':
    case 'number':
      return Number(schema['minimum'] ?? Number(schema['exclusiveMinimum'] ?? 0) + 1)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return sampleText(schema)
  }
}

function sampleObject(schema: Schema, document: OpenApi, depth: number): Record<string, unknown> {
  const properties = Object.entries((schema['properties'] ?? {}) as Record<string, Schema>)
  const required = list(schema['required']) as unknown as readonly string[]
  const kept = properties.filter(([name]) => depth < 3 || required.includes(name))
  return Object.fromEntries(kept.map(([name, property]) => [name, sampleOf(property, document, depth + 1)]))
}

const formats: Readonly<Record<string, string>> = {
  email: 'someone@example.org',
  uuid: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  uri: 'https://example.org/',
}

function sampleText(schema: Schema): string {
  const known = formats[String(schema['format'])]
  return (
    known ?? 'sample-text'.padEnd(Number(schema['minLength'] ?? 0), 'x').slice(0, Number(schema['maxLength'] ?? 100))
  )
}
