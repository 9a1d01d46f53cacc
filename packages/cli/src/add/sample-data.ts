import { isRecord, type JsonSchema } from '@holon/contract'

const formats: ReadonlyMap<string, string> = new Map([
  ['email', 'someone@example.org'],
  ['uuid', '7c9e6679-7425-40de-944b-e07fc1f90ae7'],
  ['date-time', '2026-01-01T00:00:00Z'],
  ['date', '2026-01-01'],
  ['time', '12:00:00Z'],
  ['uri', 'https://example.org/'],
])

/** Deeper than this, what may be nothing is nothing; and at the end everything is. */
const [deep, deepest] = [6, 40]

interface Place {
  /** The schema in which references lead somewhere. */
  readonly document: JsonSchema
  /** What the value is called: texts say so. */
  readonly name: string
  readonly depth: number
}

/**
 * A value that a schema most likely accepts: only what it demands, and texts that say where they stand. What a pattern or a
 * refinement asks for is not guessed.
 */
export function sampleOf(schema: JsonSchema, place: Place = { document: schema, name: 'data', depth: 0 }): unknown {
  const { $ref: reference } = schema
  const deeper = { ...place, depth: place.depth + 1 }
  if (deeper.depth > deepest) return null
  if (typeof reference === 'string') return sampleOf(referredTo(reference, place.document), deeper)
  if ('const' in schema) return schema['const']
  if ('default' in schema) return schema['default']
  if (Array.isArray(schema['enum'])) return schema['enum'][0]
  const choices = [...schemas(schema['anyOf']), ...schemas(schema['oneOf'])]
  const nothing = place.depth > deep ? choices.find(({ type }) => type === 'null') : undefined
  const choice = nothing ?? choices[0]
  if (choice !== undefined) return sampleOf(choice, deeper)
  switch ([schema['type']].flat()[0]) {
    case 'object':
      return sampleObject(schema, deeper)
    case 'array':
      return Array.from({ length: count(schema['minItems']) }, () => sampleOf(asSchema(schema['items']), deeper))
    case 'integer':
    case 'number':
      return sampleNumber(schema)
    case 'boolean':
      return true
    case 'null':
      return null
    default:
      return sampleText(schema, place.name)
  }
}

function sampleObject(schema: JsonSchema, place: Place): Readonly<Record<string, unknown>> {
  const properties = asSchema(schema['properties'])
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : []
  return Object.fromEntries(required.map((name) => [name, sampleOf(asSchema(properties[name]), { ...place, name })]))
}

function sampleNumber({ minimum, exclusiveMinimum, maximum }: JsonSchema): number {
  const least = typeof minimum === 'number' ? minimum : typeof exclusiveMinimum === 'number' ? exclusiveMinimum + 1 : 1
  return typeof maximum === 'number' ? Math.min(maximum, Math.max(least, 1)) : Math.max(least, 1)
}

function sampleText({ format, minLength, maxLength }: JsonSchema, name: string): string {
  const known = formats.get(String(format))
  if (known !== undefined) return known
  const longest = typeof maxLength === 'number' ? maxLength : Infinity
  return `${name}-1`.padEnd(count(minLength), 'x').slice(0, longest)
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function asSchema(value: unknown): JsonSchema {
  return isRecord(value) ? value : {}
}

function schemas(value: unknown): readonly JsonSchema[] {
  return Array.isArray(value) ? value.map(asSchema) : []
}

function referredTo(reference: string, document: JsonSchema): JsonSchema {
  const keys = reference.split('/').slice(1)
  return keys.reduce<JsonSchema>(
    (node, key) => asSchema(node[key.replaceAll('~1', '/').replaceAll('~0', '~')]),
    document,
  )
}
