import { canonicalJson } from '../../kernel/fingerprint.ts'
import { isRecord } from '../../kernel/is-record.ts'
import type { JsonSchema } from '../../schema/schema.ts'
import { schemaData, schemaMaps } from './schema-components.ts'

/** Where schemas stand in operation objects. */
const places: readonly string[] = ['schema', 'x-item-schema']
/** What a schema is called that has no name of its own, by where it stands first. */
const parts: Readonly<Record<string, string>> = { requestBody: '_input', responses: '_output' }

/**
 * Writes out once, as a component, each object schema that stands in several places of a document. It is called what its
 * `title` says, or else after the operation and the fields where it stands first. `components` may hold others already.
 */
export function shareSchemas<T extends JsonSchema>(
  paths: T,
  components: Readonly<Record<string, JsonSchema>>,
): { readonly paths: T; readonly schemas: Readonly<Record<string, JsonSchema>> } {
  const seen = new Map<string, Seen>()
  for (const [name, schema] of Object.entries(components)) {
    seen.set(canonicalJson(schema), { count: 1, name, isThere: true })
    children(schema, (child, field) => count(child, `${name}${field}`, seen))
  }
  walk(paths, '', (schema, hint) => {
    count(schema, hint, seen)
    return schema
  })
  const schemas: Record<string, JsonSchema> = {}
  const taken = new Set(Object.keys(components))
  const names = new Map<string, string>()
  const place = (schema: JsonSchema): JsonSchema => {
    const key = canonicalJson(schema)
    const found = seen.get(key)
    if (found === undefined || found.count < 2) return children(schema, place)
    const name = names.get(key) ?? (found.isThere ? found.name : freeName(found.name, taken))
    if (!names.has(key)) {
      names.set(key, name)
      taken.add(name)
      schemas[name] = children(schema, place)
    }
    return { $ref: `#/components/schemas/${name}` }
  }
  // What `walk` gives has the form of what it was given.
  const shared = walk(paths, '', place) as T
  for (const [name, schema] of Object.entries(components)) schemas[name] ??= children(schema, place)
  return { paths: shared, schemas }
}

interface Seen {
  count: number
  readonly name: string
  /** It is a component already. */
  readonly isThere: boolean
}

/** What is inside of a schema counts once, however often that stands somewhere: it will be written out once, too. */
function count(schema: JsonSchema, hint: string, seen: Map<string, Seen>): JsonSchema {
  const key = isNamed(schema) ? canonicalJson(schema) : undefined
  const found = key === undefined ? undefined : seen.get(key)
  if (found !== undefined) {
    found.count += 1
    return schema
  }
  if (key !== undefined) seen.set(key, { count: 1, name: nameOf(schema) ?? hint, isThere: false })
  return children(schema, (child, field) => count(child, `${hint}${field}`, seen))
}

/** Whether a schema is worth a name: an object with fields. */
function isNamed({ type, properties }: JsonSchema): boolean {
  return type === 'object' && isRecord(properties) && Object.keys(properties).length > 0
}

function nameOf({ title }: JsonSchema): string | undefined {
  const name =
    typeof title === 'string'
      ? title
          .replaceAll(/[^A-Za-z0-9]+/g, ' ')
          .trim()
          .replaceAll(' ', '_')
      : ''
  return name === '' ? undefined : name
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}_${number}`
    if (!taken.has(name)) return name
  }
}

/** A copy of what stands in a document, with each whole schema in it replaced. */
function walk(node: unknown, hint: string, replace: (schema: JsonSchema, hint: string) => JsonSchema): unknown {
  if (Array.isArray(node)) return node.map((member) => walk(member, hint, replace))
  if (!isRecord(node)) return node
  const own = typeof node['operationId'] === 'string' ? node['operationId'] : hint
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      places.includes(key) && isRecord(value) ? replace(value, own) : walk(value, own + (parts[key] ?? ''), replace),
    ]),
  )
}

/** A copy of a schema with each schema in it replaced; `field` says where it stands, for names. */
function children(schema: JsonSchema, replace: (schema: JsonSchema, field: string) => JsonSchema): JsonSchema {
  const inside = (value: unknown, field: string): unknown => {
    if (Array.isArray(value)) return value.map((member) => inside(member, field))
    return isRecord(value) ? replace(value, field) : value
  }
  return Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (schemaData.includes(keyword)) return [keyword, value]
      if (!schemaMaps.includes(keyword) || !isRecord(value)) return [keyword, inside(value, '')]
      const entries = Object.entries(value).map(([name, member]) => [
        name,
        inside(member, `_${name.replaceAll(/[^A-Za-z0-9.-]/g, '_')}`),
      ])
      return [keyword, Object.fromEntries(entries)]
    }),
  )
}
