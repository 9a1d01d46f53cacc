import { isRecord } from '../kernel/is-record.ts'
import { resolveSchema, subschemas } from './schema-fields.ts'
import type { JsonSchema } from './schema.ts'

/** A value that a schema names. */
export type Literal = string | number | boolean | null

/** What a schema accepts, as far as a text can tell; plain data. */
export interface TextShape {
  /** Names of JSON Schema's types; `anything` where it does not say. */
  readonly types: readonly string[]
  readonly literals: readonly Literal[]
  /** Of the items of a list; undefined where it says nothing of them. */
  readonly items?: TextShape | undefined
}

export const anything = 'anything'

/** The shape of a schema; references in it are relative to `document`. */
export function textShape(schema: JsonSchema, document: JsonSchema): TextShape {
  const { types, literals, items } = shapeOf(schema, document)
  const shape = { types: [...types], literals }
  if (items.length === 0) return shape
  const itemShape = combine(items.map((item) => shapeOf(item, document)))
  return { ...shape, items: { types: [...itemShape.types], literals: itemShape.literals } }
}

interface Shape {
  readonly types: ReadonlySet<string>
  readonly literals: readonly Literal[]
  readonly items: readonly JsonSchema[]
}

function shapeOf(unresolved: JsonSchema, document: JsonSchema, depth = 0): Shape {
  const schema = resolveSchema(unresolved, document)
  if (depth > 20) return { types: new Set([anything]), literals: [], items: [] }
  const inside = (['anyOf', 'oneOf', 'allOf'] as const).flatMap((keyword) =>
    subschemas(schema, keyword).map((member) => shapeOf(member, document, depth + 1)),
  )
  const literals = literalsOf(schema)
  const named = [schema['type']].flat().filter((type) => typeof type === 'string')
  const types = literals.length > 0 ? [] : named
  const own = { types: new Set(types), literals, items: itemsOf(schema) }
  if (inside.length > 0) return combine([own, ...inside.map((shape) => withoutAnything(shape, inside))])
  if (named.length === 0 && literals.length === 0) return { ...own, types: new Set([anything]) }
  return own
}

/** Members that only narrow (`{ minLength: 1 }` beside a type) say nothing about the type. */
function withoutAnything(shape: Shape, siblings: readonly Shape[]): Shape {
  if (!shape.types.has(anything) || siblings.every(({ types }) => types.has(anything))) return shape
  return { ...shape, types: new Set() }
}

function literalsOf(schema: JsonSchema): readonly Literal[] {
  const values: readonly unknown[] =
    'const' in schema ? [schema['const']] : Array.isArray(schema['enum']) ? schema['enum'] : []
  return values.filter(
    (value): value is Literal => value === null || ['string', 'number', 'boolean'].includes(typeof value),
  )
}

function itemsOf(schema: JsonSchema): readonly JsonSchema[] {
  const { items } = schema
  const rest = isRecord(items) ? [items] : []
  return [...subschemas(schema, 'prefixItems'), ...rest]
}

function combine(shapes: readonly Shape[]): Shape {
  return {
    types: new Set(shapes.flatMap(({ types }) => [...types])),
    literals: shapes.flatMap(({ literals }) => literals),
    items: shapes.flatMap(({ items }) => items),
  }
}
