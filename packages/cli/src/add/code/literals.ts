import type {
  ArrayExpression,
  ArrayExpressionElement,
  Expression,
  ObjectExpression,
  ObjectProperty,
  SpreadElement,
} from 'oxc-parser'

import type { List } from './list.ts'

type Value = Expression | SpreadElement | null | undefined

/** An object that is written out, also in `as const` or `satisfies`. */
export function asObject(value: Value): ObjectExpression | undefined {
  const plain = unwrap(value)
  return plain?.type === 'ObjectExpression' ? plain : undefined
}

/** An array that is written out. */
export function asArray(value: Value): ArrayExpression | undefined {
  const plain = unwrap(value)
  return plain?.type === 'ArrayExpression' ? plain : undefined
}

/** A text that is written out. */
export function asText(value: Value): string | undefined {
  return value?.type === 'Literal' && typeof value.value === 'string' ? value.value : undefined
}

/** A plain name. */
export function asName(value: Value | ArrayExpressionElement): string | undefined {
  return value?.type === 'Identifier' ? value.name : undefined
}

function unwrap(value: Value): Value {
  return value?.type === 'TSAsExpression' || value?.type === 'TSSatisfiesExpression' ? unwrap(value.expression) : value
}

/** The properties of an object that have a plain name, by name. */
export function propertiesOf(object: ObjectExpression): ReadonlyMap<string, ObjectProperty> {
  const properties = new Map<string, ObjectProperty>()
  for (const property of object.properties) {
    if (property.type !== 'Property' || property.computed) continue
    const { key } = property
    const name = key.type === 'Identifier' ? key.name : key.type === 'Literal' ? String(key.value) : undefined
    if (name !== undefined) properties.set(name, property)
  }
  return properties
}

export function membersOf(object: ObjectExpression): List {
  return { start: object.start, end: object.end, members: object.properties }
}

export function elementsOf(array: ArrayExpression): List {
  return { start: array.start, end: array.end, members: array.elements.filter((element) => element !== null) }
}

/** A name as the key of a property. */
export function asKey(name: string): string {
  return isPlainName(name) ? name : `'${name}'`
}

function isPlainName(name: string): boolean {
  return /^[A-Za-z_$][\w$]*$/.test(name)
}

const longestLiteral = 80

/** A value of JSON as code: in one line, or an object that is long in one for each member. */
export function literalOf(value: unknown): string {
  if (typeof value === 'string') return /^[^'\\\p{C}\u2028\u2029]*$/u.test(value) ? `'${value}'` : JSON.stringify(value)
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(literalOf).join(', ')}]`
  const members = Object.entries(value).map(
    ([name, member]) => `${isPlainName(name) ? name : literalOf(name)}: ${literalOf(member)}`,
  )
  const line = members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
  if (line.length <= longestLiteral && !line.includes('\n')) return line
  return `{\n${members.map((member) => `  ${member.replaceAll('\n', '\n  ')},\n`).join('')}}`
}
