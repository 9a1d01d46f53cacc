import { Validator } from '@cfworker/json-schema'

import type { Issue } from '../kernel/error.ts'
import { isInstance } from '../kernel/foreign/is-instance.ts'
import { isRecord } from '../kernel/is-record.ts'
import { type JsonSchema, type Schema, type StandardSchema, isStandardSchema } from './schema.ts'
import { unsure } from './structure/checked-copy.ts'
import { readJsonStructure } from './structure/json-structure.ts'
import { StructuralSchema } from './structure/structural-schema.ts'
import { readZodStructure } from './structure/zod-structure.ts'
import { copyPlain, Untravelable } from './travels.ts'
import { describeConversionError, unrepresentableFields } from './unrepresentable.ts'

/** The outcome of parsing: a fresh value that shares nothing mutable with what was parsed, or what is wrong with it. */
export type Parsed = { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly Issue[] }

/** A schema made ready for use. */
export interface CompiledSchema {
  /** What a sender may write, as JSON Schema 2020-12. */
  readonly inputJson: JsonSchema
  /** What a receiver gets after parsing; equal to `inputJson` where nothing is filled in. */
  readonly outputJson: JsonSchema
  /** Whether parsing drops fields of objects that the schema neither declares nor forbids. */
  readonly dropsExtras: boolean
  /** Checks `value`, fills in defaults, and returns a copy. Asynchronous only where the library's own check is. */
  parse(value: unknown): Parsed | Promise<Parsed>
  /** Set where the schema demands nothing but a form, so that its library need not be asked about most values. */
  readonly structural: StructuralSchema | undefined
}

/** Which sides of a schema must be plain JSON: both where the parsed value travels on, the input where it stays. */
export type Travel = 'input' | 'data'

/** Compiles a schema; calls `report` for each thing in it that cannot travel. */
export function compileSchema(schema: Schema, travel: Travel, report: (problem: string) => void): CompiledSchema {
  const compiled = isStandardSchema(schema)
    ? compileStandard(schema, travel, report)
    : compileJsonSchema(schema, report)
  for (const name of inheritedNames(compiled.inputJson)) {
    report(`field '${name}' has the name of something that every object has in JavaScript; give it another`)
  }
  return compiled
}

/** Fields that are found in an object which does not have them: a library would read `Object.prototype`'s member. */
function inheritedNames(schema: JsonSchema): readonly string[] {
  const names = new Set<string>()
  someNode(schema, (node) => {
    for (const name of Object.keys(node['properties'] ?? {})) if (name in Object.prototype) names.add(name)
    return false
  })
  return [...names]
}

const target = { target: 'draft-2020-12' } as const

function compileStandard(schema: StandardSchema, travel: Travel, report: (problem: string) => void): CompiledSchema {
  const converter = schema['~standard'].jsonSchema
  if (converter === undefined) {
    report(
      `the ${schema['~standard'].vendor} schema has no Standard JSON Schema; use a version that has (Zod 4.2, ArkType 2.1.28, Valibot 1.2 through toStandardJsonSchema)`,
    )
    return opaque
  }
  const convert = (side: 'input' | 'output'): JsonSchema | undefined => {
    const fields = unrepresentableFields(schema, side)
    fields.forEach(report)
    if (fields.length > 0) return undefined
    try {
      return converter[side](target)
    } catch (error) {
      report(describeConversionError(error))
      return undefined
    }
  }
  const inputJson = convert('input')
  if (inputJson === undefined) return opaque
  const outputJson = travel === 'data' ? convert('output') : inputJson
  if (outputJson === undefined) return opaque
  // Zod builds new objects while it parses, but hands through what no schema describes; the others check in place. What
  // is recursive is copied too, because only the copy bounds its depth.
  const copiesItself =
    schema['~standard'].vendor === 'zod' && !someNode(inputJson, (node) => isOpen(node) || '$ref' in node)
  // A default (or `catch`) that is an object is the same one each time; what is read-only comes frozen.
  const plain = travel === 'data' || unrepresentableFields(schema, 'output').length === 0
  const copiesResult = plain && [inputJson, outputJson].some((json) => someNode(json, (node) => isShared(node)))
  const { validate } = schema['~standard']
  const parse = guarded((value: unknown): Parsed | Promise<Parsed> => {
    const result = validate(copiesItself ? value : copyPlain(value))
    return result instanceof Promise
      ? result.then((later) => toParsed(later, copiesResult))
      : toParsed(result, copiesResult)
  })
  const structure = schema['~standard'].vendor === 'zod' ? readZodStructure(schema) : undefined
  const structural = structure && new StructuralSchema(structure, !copiesItself)
  return {
    inputJson,
    outputJson,
    dropsExtras: ['zod', 'valibot'].includes(schema['~standard'].vendor),
    parse: quickly(structural, parse),
    structural,
  }
}

/** Tries the quick way first. */
function quickly(structural: StructuralSchema | undefined, parse: CompiledSchema['parse']): CompiledSchema['parse'] {
  if (structural === undefined) return parse
  return (value) => {
    const copy = structural.copy(value)
    return copy === unsure ? parse(value) : { value: copy }
  }
}

type StandardResult = Awaited<ReturnType<StandardSchema['~standard']['validate']>>

/** What cannot travel is refused like any other wrong value. */
function guarded(parse: CompiledSchema['parse']): CompiledSchema['parse'] {
  return (value) => {
    try {
      return parse(value)
    } catch (error) {
      if (isInstance(error, Untravelable)) return { issues: [error.issue] }
      throw error
    }
  }
}

function toParsed(result: StandardResult, copies: boolean): Parsed {
  // What a library adds to its result is left there: a copy would cost as much as checking a small value.
  if (result.issues === undefined) return copies ? { value: copyPlain(result.value) } : result
  return {
    issues: result.issues.map((issue) => ({ path: Array.from(issue.path ?? [], toKey), message: issue.message })),
  }
}

function toKey(segment: PropertyKey | { readonly key: PropertyKey }): string | number {
  const key = typeof segment === 'object' ? segment.key : segment
  return typeof key === 'number' ? key : String(key)
}

function compileJsonSchema(schema: JsonSchema, report: (problem: string) => void): CompiledSchema {
  const unresolved = unresolvedReferences(schema)
  for (const pointer of unresolved)
    report(`the JSON Schema refers to ${pointer}, which is not in it; define it in $defs`)
  if (unresolved.length > 0) return opaque
  // An interpreter: it needs no eval, so a contract also runs where a browser's security policy forbids that.
  const validator = new Validator(schema, '2020-12', false)
  const parse = guarded((value: unknown): Parsed => {
    const copy = copyPlain(value)
    const missing = withoutUndefined(copy)
    if (missing) return { issues: [missing] }
    const { valid, errors } = checked(validator, copy)
    if (valid) return { value: copy }
    return {
      issues: deepest(errors).map(({ instanceLocation, error }) => ({
        path: fromPointer(instanceLocation),
        message: error === 'False boolean schema.' ? 'This field is not known.' : error,
      })),
    }
  })
  const structure = readJsonStructure(schema)
  const structural = structure && new StructuralSchema(structure, true)
  return { inputJson: schema, outputJson: schema, dropsExtras: false, parse: quickly(structural, parse), structural }
}

/** The validator writes names of fields as parts of a URI, which throws for half a surrogate pair. */
function checked(validator: Validator, value: unknown): ReturnType<Validator['validate']> {
  try {
    return validator.validate(value)
  } catch (error) {
    if (!(error instanceof URIError)) throw error
    const unit = {
      keyword: '',
      keywordLocation: '#',
      instanceLocation: '#',
      error: 'A field has a name that is no well-formed text.',
    }
    return { valid: false, errors: [unit] }
  }
}

/** Takes fields that are undefined out of a copy, as JSON would; elsewhere JSON has nothing to put in their place. */
function withoutUndefined(value: unknown): Issue | undefined {
  if (value === undefined) return { path: [], message: 'It is missing.' }
  if (!isRecord(value)) return undefined
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined && !Array.isArray(value)) delete value[key]
    const found = item === undefined && !Array.isArray(value) ? undefined : withoutUndefined(item)
    if (found) return { path: [Array.isArray(value) ? Number(key) : key, ...found.path], message: found.message }
  }
  return undefined
}

type Unit = ReturnType<Validator['validate']>['errors'][number]

/** The validator also reports every schema around a mistake; those that only say "something inside is wrong" are left out. */
function deepest(errors: readonly Unit[]): readonly Unit[] {
  const structural = [
    'properties',
    'items',
    'prefixItems',
    '$ref',
    'allOf',
    'additionalProperties',
    'unevaluatedProperties',
  ]
  const inside = errors.filter(
    (error) =>
      !structural.includes(error.keyword) ||
      !errors.some((other) => other !== error && other.instanceLocation.startsWith(error.instanceLocation)),
  )
  return inside.length > 0 ? inside : errors
}

function unresolvedReferences(schema: JsonSchema): readonly string[] {
  const missing = new Set<string>()
  someNode(schema, (node) => {
    const pointer = node['$ref']
    if (typeof pointer === 'string' && pointer !== '#') {
      const target = fromPointer(pointer.replace(/^#/, '')).reduce<unknown>(
        (at, key) => (isRecord(at) ? at[String(key)] : undefined),
        schema,
      )
      if (!pointer.startsWith('#/') || target === undefined) missing.add(pointer)
    }
    return false
  })
  return [...missing]
}

function fromPointer(pointer: string): readonly (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')))
}

/** Stands in after a problem was reported, so that the rest of the definition can still be checked. */
const opaque: CompiledSchema = {
  inputJson: {},
  outputJson: {},
  dropsExtras: false,
  parse: (value) => ({ value }),
  structural: undefined,
}

/** Whether `test` holds for some node of a schema, `true` counting as `{}`. */
function someNode(schema: unknown, test: (node: Record<string, unknown>) => boolean): boolean {
  if (schema === true) return test({})
  if (Array.isArray(schema)) return schema.some((member) => someNode(member, test))
  if (!isRecord(schema)) return false
  const children = ['items', 'additionalProperties', 'prefixItems', 'anyOf', 'oneOf', 'allOf'].map((key) => schema[key])
  const named = [schema['properties'], schema['$defs']].flatMap((group) =>
    isRecord(group) ? Object.values(group) : [],
  )
  return test(schema) || [...children, ...named].some((child) => someNode(child, test))
}

/** Whether it accepts values that it does not describe. */
function isOpen(node: Record<string, unknown>): boolean {
  return !['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf', '$ref'].some((keyword) => keyword in node)
}

function isShared(node: Record<string, unknown>): boolean {
  const given = node['default']
  return node['readOnly'] === true || (typeof given === 'object' && given !== null)
}
