import { isRecord } from '../kernel/is-record.ts'
import { resolveSchema, subschemas } from './schema-fields.ts'
import type { JsonSchema } from './schema.ts'

/**
 * Reads texts as values of the type that a schema asks for: what a URL gives for a field of an input, or the environment
 * for one of a configuration. A text that cannot be one is handed through as it is: the schema's own check says best what
 * is wrong with it.
 */
export interface TextReader {
  /** Whether some value that it accepts is no list and no object. */
  readonly isScalar: boolean
  readonly isList: boolean
  readonly isObject: boolean
  /** Whether a text is always taken as it is, so that none can stand for anything else. */
  readonly isText: boolean
  /** Of a list: whether its items can be read from a text each. */
  readonly hasScalarItems: boolean
  /** The text of a value that is no list. */
  read(text: string): unknown
  /** The text of one item of a list. */
  readItem(text: string): unknown
}

type Literal = string | number | boolean | null

/** What a schema accepts, as far as a text can tell. */
interface Shape {
  readonly types: ReadonlySet<string>
  readonly literals: readonly Literal[]
  readonly items: readonly JsonSchema[]
}

const anything = 'anything'
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Prepares reading; references in `schema` are relative to `document`. */
export function textReader(schema: JsonSchema, document: JsonSchema): TextReader {
  const shape = shapeOf(schema, document)
  const itemShape = combine(shape.items.map((item) => shapeOf(item, document)))
  return {
    isScalar: readsScalar(shape),
    isList: shape.types.has('array'),
    isObject: shape.types.has('object'),
    isText: isText(shape) && shape.literals.length === 0,
    hasScalarItems: shape.items.length === 0 || readsScalar(itemShape),
    read: scalarReader(shape),
    readItem: shape.items.length === 0 ? (text) => text : scalarReader(itemShape),
  }
}

function isText({ types }: Shape): boolean {
  return types.has('string') || types.has(anything)
}

function readsScalar({ types, literals }: Shape): boolean {
  const scalars = ['string', 'number', 'integer', 'boolean', anything]
  return literals.length > 0 || scalars.some((type) => types.has(type))
}

function scalarReader(shape: Shape): (text: string) => unknown {
  const { types, literals } = shape
  const takesText = isText(shape)
  if (takesText && literals.length === 0) return (text) => text
  const isNumber = types.has('number') || types.has('integer')
  const byText = new Map<string, Literal>(literals.map((literal) => [String(literal), literal]))
  // A text that is itself among the literals goes before a number or boolean that is written the same.
  for (const literal of literals) if (typeof literal === 'string') byText.set(literal, literal)
  return (text) => {
    const literal = byText.get(text)
    if (literal !== undefined) return literal
    if (takesText) return text
    if (isNumber && jsonNumber.test(text) && Number.isFinite(Number(text))) return Number(text)
    if (types.has('boolean') && (text === 'true' || text === 'false')) return text === 'true'
    if (types.has('null') && (text === '' || text === 'null')) return null
    return text
  }
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
