import type { Literal, TextShape } from './text-shape.ts'

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

const anything = 'anything'
const jsonNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** Prepares reading what a shape accepts. */
export function shapeReader(shape: TextShape): TextReader {
  const { items } = shape
  return {
    isScalar: readsScalar(shape),
    isList: shape.types.includes('array'),
    isObject: shape.types.includes('object'),
    isText: isText(shape) && shape.literals.length === 0,
    hasScalarItems: items === undefined || readsScalar(items),
    read: scalarReader(shape),
    readItem: items === undefined ? (text) => text : scalarReader(items),
  }
}

function isText({ types }: TextShape): boolean {
  return types.includes('string') || types.includes(anything)
}

function readsScalar({ types, literals }: TextShape): boolean {
  const scalars = ['string', 'number', 'integer', 'boolean', anything]
  return literals.length > 0 || scalars.some((type) => types.includes(type))
}

function scalarReader(shape: TextShape): (text: string) => unknown {
  const { types, literals } = shape
  const takesText = isText(shape)
  if (takesText && literals.length === 0) return (text) => text
  const isNumber = types.includes('number') || types.includes('integer')
  const byText = new Map<string, Literal>(literals.map((literal) => [String(literal), literal]))
  // A text that is itself among the literals goes before a number or boolean that is written the same.
  for (const literal of literals) if (typeof literal === 'string') byText.set(literal, literal)
  return (text) => {
    const literal = byText.get(text)
    if (literal !== undefined) return literal
    if (takesText) return text
    if (isNumber && jsonNumber.test(text) && Number.isFinite(Number(text))) return Number(text)
    if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true'
    if (types.includes('null') && (text === '' || text === 'null')) return null
    return text
  }
}
