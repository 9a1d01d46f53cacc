import { isRecord, type JsonSchema, ServiceError } from '@holon/contract'
import { resolveSchema, type SchemaField, subschemas } from '@holon/contract/openapi'

/** Reads one field of an operation's input from the texts that a URL gives for it. */
export interface FieldReader {
  readonly name: string
  /**
   * The value, of the type that the schema asks for. A text that cannot be one is handed through as it is: the
   * operation's own check says best what is wrong with it.
   *
   * @throws ServiceError `invalid_argument` where a field that is no list is given more than once.
   */
  read(texts: readonly string[]): unknown
}

type Literal = string | number | boolean | null

/** What a schema accepts, as far as a text in a URL can tell. */
interface Shape {
  readonly types: ReadonlySet<string>
  readonly literals: readonly Literal[]
  readonly items: readonly JsonSchema[]
}

const anything = 'anything'
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Prepares the reading of a field; calls `report` where a URL cannot carry it. */
export function fieldReader(field: SchemaField, document: JsonSchema, report: (problem: string) => void): FieldReader {
  const shape = shapeOf(field.schema, document)
  const itemShape = combine(shape.items.map((item) => shapeOf(item, document)))
  const isList = shape.types.has('array')
  const isScalar = readsScalar(shape)
  if (!isScalar && !isList) report(`field '${field.name}' is an object`)
  if (isList && shape.items.length > 0 && !readsScalar(itemShape))
    report(`field '${field.name}' is a list of objects or lists`)
  const one = scalarReader(shape)
  const item = shape.items.length === 0 ? (text: string): unknown => text : scalarReader(itemShape)
  const { name } = field
  const read = (texts: readonly string[]): unknown => {
    const [only = ''] = texts
    if (texts.length === 1 && (isScalar || !isList)) return one(only)
    if (isList) return texts.map(item)
    throw givenTwice(name)
  }
  return { name, read }
}

function givenTwice(name: string): ServiceError {
  const message = `'${name}' is given more than once.`
  return new ServiceError('invalid_argument', message, { mayHaveRun: false, issues: [{ path: [name], message }] })
}

function readsScalar({ types, literals }: Shape): boolean {
  const scalars = ['string', 'number', 'integer', 'boolean', anything]
  return literals.length > 0 || scalars.some((type) => types.has(type))
}

function scalarReader({ types, literals }: Shape): (text: string) => unknown {
  const isText = types.has('string') || types.has(anything)
  if (isText && literals.length === 0) return (text) => text
  const isNumber = types.has('number') || types.has('integer')
  const byText = new Map<string, Literal>(literals.map((literal) => [String(literal), literal]))
  // A text that is itself among the literals goes before a number or boolean that is written the same.
  for (const literal of literals) if (typeof literal === 'string') byText.set(literal, literal)
  return (text) => {
    const literal = byText.get(text)
    if (literal !== undefined) return literal
    if (isText) return text
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
