import { isRecord } from '../kernel/is-record.ts'
import type { JsonSchema } from './schema.ts'

/** One field of an object schema, as seen through `$ref`, `allOf`, `anyOf` and `oneOf`. */
export interface SchemaField {
  readonly name: string
  /** References in it are relative to the document it was found in. */
  readonly schema: JsonSchema
  readonly required: boolean
}

/** The fields of an object schema, and whether it says that it takes others too. */
export interface SchemaFields {
  readonly fields: readonly SchemaField[]
  readonly open: boolean
}

/** Follows `$ref` within `document`; a reference that leads nowhere, or round in a circle, gives an empty schema. */
export function resolveSchema(schema: JsonSchema, document: JsonSchema): JsonSchema {
  let current = schema
  for (let hops = 0; typeof current['$ref'] === 'string'; hops += 1) {
    const target = current['$ref'].startsWith('#') && hops < 100 ? lookUp(current['$ref'], document) : undefined
    if (target === undefined) return {}
    current = target
  }
  return current
}

function lookUp(reference: string, document: JsonSchema): JsonSchema | undefined {
  let node: unknown = document
  for (const part of reference.split('/').slice(1)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (!isRecord(node) || !Object.hasOwn(node, key)) return undefined
    node = node[key]
  }
  return toSchema(node)
}

/** `true` is the schema of everything. */
function toSchema(value: unknown): JsonSchema | undefined {
  if (value === true) return {}
  return isRecord(value) ? value : undefined
}

/** The subschemas under a keyword that holds a list. */
export function subschemas(
  schema: JsonSchema,
  keyword: 'allOf' | 'anyOf' | 'oneOf' | 'prefixItems',
): readonly JsonSchema[] {
  const list = schema[keyword]
  return Array.isArray(list) ? list.map(toSchema).filter((member) => member !== undefined) : []
}

/** The fields that an object schema describes; undefined where it is no object schema (a list, a string, …). */
export function schemaFields(schema: JsonSchema, document: JsonSchema = schema): SchemaFields | undefined {
  return collect(schema, document, 0)
}

function collect(unresolved: JsonSchema, document: JsonSchema, depth: number): SchemaFields | undefined {
  const schema = resolveSchema(unresolved, document)
  if (depth > 20) return undefined
  const inside = (keyword: 'allOf' | 'anyOf' | 'oneOf'): (SchemaFields | undefined)[] =>
    subschemas(schema, keyword).map((member) => collect(member, document, depth + 1))
  const alternatives = [...inside('anyOf'), ...inside('oneOf')]
  const parts = [...inside('allOf'), alternatives.length > 0 ? either(alternatives) : undefined]
  const own = ownFields(schema)
  const known = [own, ...parts].filter((part) => part !== undefined)
  if (known.length === 0) return undefined
  return { fields: merge(known), open: known.some((part) => part.open) }
}

function ownFields(schema: JsonSchema): SchemaFields | undefined {
  const { properties, required, additionalProperties } = schema
  if (schema['type'] !== 'object' && typeof properties !== 'object') return undefined
  const needed: readonly unknown[] = Array.isArray(required) ? required : []
  const fields = Object.entries(isRecord(properties) ? properties : {}).map(([name, value]) => ({
    name,
    schema: toSchema(value) ?? { not: {} },
    required: needed.includes(name),
  }))
  return { fields, open: additionalProperties !== undefined && additionalProperties !== false }
}

/** The fields of whichever alternative holds: a field is required only where all of them require it. */
function either(alternatives: readonly (SchemaFields | undefined)[]): SchemaFields | undefined {
  const known = alternatives.filter((alternative) => alternative !== undefined)
  if (known.length < alternatives.length) return undefined
  const everywhere = (name: string): boolean =>
    known.every(({ fields }) => fields.some((field) => field.name === name && field.required))
  const fields = merge(known).map((field) => ({ ...field, required: everywhere(field.name) }))
  return { fields, open: known.some(({ open }) => open) }
}

function merge(parts: readonly SchemaFields[]): readonly SchemaField[] {
  const merged = new Map<string, SchemaField>()
  for (const field of parts.flatMap(({ fields }) => fields)) {
    const earlier = merged.get(field.name)
    merged.set(field.name, earlier === undefined ? field : unite(earlier, field))
  }
  return [...merged.values()]
}

function unite(one: SchemaField, other: SchemaField): SchemaField {
  const members =
    'anyOf' in one.schema && Object.keys(one.schema).length === 1 ? subschemas(one.schema, 'anyOf') : [one.schema]
  return { name: one.name, schema: { anyOf: [...members, other.schema] }, required: one.required || other.required }
}
