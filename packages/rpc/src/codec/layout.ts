import { annotationKeywords, isRecord, type JsonSchema } from '@holon/contract'

/**
 * How values of a schema are laid out on the wire: what the encoder writes and the decoder expects, position by
 * position. Worked out from the operation's JSON Schema alone, so that both ends of a link, which compare fingerprints
 * of that schema, come to the same layout.
 */
export type Layout =
  | { readonly kind: 'string'; readonly min: number; readonly max: number }
  | { readonly kind: 'number' | 'integer'; readonly checks: readonly Comparison[] }
  | { readonly kind: 'boolean' }
  | { readonly kind: 'constant'; readonly value: Primitive }
  | { readonly kind: 'enumeration'; readonly values: readonly Primitive[] }
  | { readonly kind: 'array'; readonly item: Layout; readonly min: number; readonly max: number }
  | { readonly kind: 'tuple'; readonly items: readonly Layout[] }
  | { readonly kind: 'object'; readonly fields: readonly Field[]; readonly extras: 'refused' | 'dropped' }
  | { readonly kind: 'record'; readonly value: Layout }
  | { readonly kind: 'union'; readonly branches: readonly Layout[] }
  | { readonly kind: 'reference'; readonly name: string }
  /** Anything: written in the self-describing encoding, in its place. */
  | { readonly kind: 'open' }

/** A bound of a number. */
export interface Comparison {
  readonly operator: '>=' | '<=' | '>' | '<'
  readonly value: number
}

export type Primitive = string | number | boolean | null

export interface Field {
  readonly key: string
  readonly layout: Layout
  readonly required: boolean
}

/** The layout of a schema and of what it refers to. */
export interface LayoutDocument {
  readonly root: Layout
  readonly references: ReadonlyMap<string, Layout>
  /** Whether decoding checks all that the schema demands; otherwise a decoded value has still to be validated. */
  readonly complete: boolean
}

/**
 * What happens to fields that the schema does not declare. `kept`: they may mean something, so a value that has some is
 * not laid out. `dropped`: the validation that follows drops them, where it does not forbid them. `absent`: the value
 * has been validated, so there are none.
 */
export type Extras = 'kept' | 'dropped' | 'absent'

interface Reading {
  readonly root: JsonSchema
  readonly references: Map<string, Layout | undefined>
  readonly extras: Extras
  complete: boolean
}

/** Reads a schema. What it cannot lay out becomes `open`; a keyword it cannot check makes the document incomplete. */
export function readLayout(schema: JsonSchema, extras: Extras): LayoutDocument {
  const reading: Reading = { root: schema, references: new Map(), extras, complete: true }
  const root = layoutOf(schema, reading, false)
  const references = new Map(
    [...reading.references].map(([name, layout]) => [name, layout ?? ({ kind: 'open' } as const)]),
  )
  return { root, references, complete: reading.complete }
}

function layoutOf(schema: unknown, reading: Reading, inUnion: boolean): Layout {
  if (!isRecord(schema)) return open(reading, schema === true)
  const keywords = Object.keys(schema).filter((keyword) => !annotationKeywords.includes(keyword))
  if (keywords.length === 0) return { kind: 'open' }
  if (typeof schema['$ref'] === 'string' && keywords.length === 1) return referenceTo(schema['$ref'], reading)
  if ('const' in schema && isPrimitive(schema['const'])) return { kind: 'constant', value: schema['const'] }
  if (isEnumeration(schema['enum'])) return { kind: 'enumeration', values: schema['enum'] }
  const union = keywords.length === 1 ? unionOf(schema, reading) : undefined
  if (union) return union
  const { type } = schema
  if (Array.isArray(type))
    return { kind: 'union', branches: type.map((one) => layoutOf({ ...schema, type: one }, reading, true)) }
  const known = typeof type === 'string' ? typed[type] : undefined
  return known?.(schema, reading, inUnion) ?? open(reading, false)
}

function unionOf(node: Record<string, unknown>, reading: Reading): Layout | undefined {
  const branches = node['anyOf'] ?? node['oneOf']
  if (!Array.isArray(branches) || branches.length > 255) return undefined
  // Of `oneOf` it is not checked that only one branch matches.
  if ('oneOf' in node) reading.complete = false
  return { kind: 'union', branches: branches.map((branch) => layoutOf(branch, reading, true)) }
}

type TypedReader = (node: Record<string, unknown>, reading: Reading, inUnion: boolean) => Layout

const typed: { readonly [type: string]: TypedReader } = {
  null: () => ({ kind: 'constant', value: null }),
  boolean: (node, reading) => {
    note(node, ['type'], reading)
    return { kind: 'boolean' }
  },
  string: (node, reading) => {
    note(node, ['type', 'minLength', 'maxLength'], reading)
    return { kind: 'string', min: limit(node['minLength'], 0), max: limit(node['maxLength'], Infinity) }
  },
  number: (node, reading) => ({ kind: 'number', checks: numberChecks(node, reading) }),
  integer: (node, reading) => ({ kind: 'integer', checks: numberChecks(node, reading) }),
  array: (node, reading) => {
    note(node, ['type', 'items', 'prefixItems', 'minItems', 'maxItems'], reading)
    const prefix = node['prefixItems']
    if (!Array.isArray(prefix))
      return {
        kind: 'array',
        item: layoutOf(node['items'] ?? {}, reading, false),
        min: limit(node['minItems'], 0),
        max: limit(node['maxItems'], Infinity),
      }
    const fixed = node['items'] === false || limit(node['maxItems'], Infinity) === prefix.length
    if (!fixed || limit(node['minItems'], 0) !== prefix.length) return open(reading, false)
    return { kind: 'tuple', items: prefix.map((item) => layoutOf(item, reading, false)) }
  },
  object: objectLayout,
}

function objectLayout(node: Record<string, unknown>, reading: Reading, inUnion: boolean): Layout {
  note(node, ['type', 'properties', 'required', 'additionalProperties', 'propertyNames'], reading)
  const { properties } = node
  const others = node['additionalProperties']
  if (!isRecord(properties) || Object.keys(properties).length === 0) return recordLayout(node, reading)
  if ((others !== undefined && others !== false) || node['propertyNames'] !== undefined) return open(reading, false)
  const required = Array.isArray(node['required']) ? node['required'] : []
  if (required.some((key) => !Object.hasOwn(properties, String(key)))) return open(reading, false)
  const fields = Object.entries(properties).map(([key, child]) => ({
    key,
    layout: layoutOf(child, reading, false),
    required: required.includes(key),
  }))
  // Within a union an undeclared field may decide which branch is meant, so it must not get lost.
  const harmless = reading.extras === 'absent' || (reading.extras === 'dropped' && others === undefined)
  return { kind: 'object', fields, extras: harmless && !inUnion ? 'dropped' : 'refused' }
}

/** An object of which no field is known by name. */
function recordLayout(node: Record<string, unknown>, reading: Reading): Layout {
  const others = node['additionalProperties']
  const plainKeys = node['propertyNames'] === undefined || isPlainString(node['propertyNames'])
  if (typeof others !== 'object' || others === null || !plainKeys || node['required'] !== undefined)
    return open(reading, false)
  return { kind: 'record', value: layoutOf(others, reading, false) }
}

function referenceTo(pointer: string, reading: Reading): Layout {
  if (pointer !== '#' && !pointer.startsWith('#/$defs/')) return open(reading, false)
  if (!reading.references.has(pointer)) {
    reading.references.set(pointer, undefined) // found again while it is being read: recursion
    const name = pointer.slice('#/$defs/'.length).replaceAll('~1', '/').replaceAll('~0', '~')
    const { $defs: definitions } = reading.root
    const found = isRecord(definitions) && Object.hasOwn(definitions, name) ? definitions[name] : undefined
    const target = pointer === '#' ? reading.root : found
    // Fields of a shared schema are never dropped: it may be used inside a union.
    reading.references.set(pointer, layoutOf(target, reading, true))
  }
  return { kind: 'reference', name: pointer }
}

const operators = { minimum: '>=', maximum: '<=', exclusiveMinimum: '>', exclusiveMaximum: '<' } as const

function numberChecks(node: Record<string, unknown>, reading: Reading): readonly Comparison[] {
  note(node, ['type', ...Object.keys(operators)], reading)
  return Object.entries(operators).flatMap(([keyword, operator]) => {
    const value = node[keyword]
    return typeof value === 'number' ? [{ operator, value }] : []
  })
}

/** Any further keyword constrains the value in a way that only full validation sees. */
function note(node: Record<string, unknown>, checked: readonly string[], reading: Reading): void {
  if (Object.keys(node).some((keyword) => !checked.includes(keyword) && !annotationKeywords.includes(keyword)))
    reading.complete = false
}

function open(reading: Reading, complete: boolean): Layout {
  if (!complete) reading.complete = false
  return { kind: 'open' }
}

function limit(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise
}

function isPlainString(schema: unknown): boolean {
  return isRecord(schema) && Object.keys(schema).length === 1 && schema['type'] === 'string'
}

/** Whether the position of a value in the list fits a byte. */
function isEnumeration(values: unknown): values is readonly Primitive[] {
  return Array.isArray(values) && values.every(isPrimitive) && values.length <= 255
}

function isPrimitive(value: unknown): value is Primitive {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
}
