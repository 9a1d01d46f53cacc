import type { JsonSchema, Schema } from '@holon/contract'
import { z } from 'zod'

/** A field of an object: required, optional, or filled in. */
export interface FieldSpec {
  readonly name: string
  readonly of: SchemaSpec
  readonly presence: 'required' | 'optional' | 'default'
  /** With `default`. */
  readonly value?: unknown
}

/** A schema as plain data, so that another process can build the same one. */
export type SchemaSpec =
  | { readonly kind: 'string' | 'int' | 'number' | 'boolean' | 'null' | 'anything' | 'json' | 'tree' }
  /** What JSON Schema does not show: a rule and a change made by the library itself. */
  | { readonly kind: 'even' | 'trimmed' | 'coerced' }
  /** With bounds or a pattern. */
  | { readonly kind: 'short' | 'percent' | 'day' | 'word' | 'few' }
  | { readonly kind: 'enum'; readonly values: readonly string[] }
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'nullable' | 'array' | 'record' | 'readonly'; readonly of: SchemaSpec }
  | {
      readonly kind: 'object'
      readonly fields: readonly FieldSpec[]
      readonly extras: 'dropped' | 'refused' | 'kept'
    }
  | { readonly kind: 'union' | 'tuple'; readonly of: readonly SchemaSpec[] }
  | { readonly kind: 'tagged'; readonly of: readonly (readonly FieldSpec[])[] }

export type Library = 'zod' | 'json'

/** The schema that a description stands for. */
export function toSchema(spec: SchemaSpec, library: Library): Schema {
  return library === 'zod' ? toZod(spec) : { ...toJson(spec), $defs: { node } }
}

const simple: { readonly [kind: string]: () => z.ZodType } = {
  string: () => z.string(),
  int: () => z.int(),
  number: () => z.number(),
  boolean: () => z.boolean(),
  null: () => z.null(),
  anything: () => z.unknown(),
  json: () => z.json(),
  even: () => z.int().refine((value) => value % 2 === 0, 'must be even'),
  trimmed: () => z.string().trim().toLowerCase(),
  coerced: () => z.coerce.number(),
  short: () => z.string().min(2).max(4),
  percent: () => z.int().min(0).max(100),
  day: () => z.iso.date(),
  word: () => z.string().regex(/^[a-z]+$/),
  few: () => z.array(z.int()).min(1).max(3),
  tree: () => tree(),
}

function tree(): z.ZodType {
  const node: z.ZodType = z.object({
    value: z.int(),
    get children() {
      return z.array(node)
    },
  })
  return node
}

function toZod(spec: SchemaSpec): z.ZodType {
  switch (spec.kind) {
    case 'enum':
      return z.enum(spec.values as readonly [string, ...string[]])
    case 'literal':
      return z.literal(spec.value)
    case 'nullable':
      return z.nullable(toZod(spec.of))
    case 'array':
      return z.array(toZod(spec.of))
    case 'record':
      return z.record(z.string(), toZod(spec.of))
    case 'readonly':
      return toZod(spec.of).readonly()
    case 'object':
      return zodObject[spec.extras](zodFields(spec.fields))
    case 'union':
      return z.union(spec.of.map(toZod) as [z.ZodType, z.ZodType])
    case 'tuple':
      return z.tuple(spec.of.map(toZod) as [z.ZodType, ...z.ZodType[]])
    case 'tagged': {
      const members = spec.of.map((fields, n) => z.object({ tag: z.literal(`t${n}`), ...zodFields(fields) }))
      return z.discriminatedUnion('tag', members as unknown as [z.ZodObject, ...z.ZodObject[]])
    }
    default:
      return (simple[spec.kind] as () => z.ZodType)()
  }
}

const zodObject = { dropped: z.object, refused: z.strictObject, kept: z.looseObject } as const

function zodFields(fields: readonly FieldSpec[]): Record<string, z.ZodType> {
  const shape: Record<string, z.ZodType> = {}
  for (const { name, of, presence, value } of fields) {
    const schema = toZod(of)
    if (presence === 'required') shape[name] = schema
    else shape[name] = presence === 'optional' ? schema.optional() : schema.default(value as never)
  }
  return shape
}

const node: JsonSchema = {
  type: 'object',
  properties: { value: { type: 'integer' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
  required: ['value', 'children'],
}

const simpleJson: { readonly [kind: string]: JsonSchema } = {
  string: { type: 'string' },
  trimmed: { type: 'string' },
  int: { type: 'integer' },
  even: { type: 'integer', multipleOf: 2 },
  number: { type: 'number' },
  coerced: { type: 'number' },
  short: { type: 'string', minLength: 2, maxLength: 4 },
  percent: { type: 'integer', minimum: 0, maximum: 100 },
  day: { type: 'string', format: 'date' },
  word: { type: 'string', pattern: '^[a-z]+$' },
  few: { type: 'array', items: { type: 'integer' }, minItems: 1, maxItems: 3 },
  boolean: { type: 'boolean' },
  null: { type: 'null' },
  anything: {},
  json: {},
  tree: { $ref: '#/$defs/node' },
}

/** The same as plain JSON Schema; nothing is filled in there, so that a default makes the field optional. */
function toJson(spec: SchemaSpec): JsonSchema {
  switch (spec.kind) {
    case 'enum':
      return { enum: spec.values }
    case 'literal':
      return { const: spec.value }
    case 'nullable':
      return { anyOf: [toJson(spec.of), { type: 'null' }] }
    case 'array':
      return { type: 'array', items: toJson(spec.of) }
    case 'record':
      return { type: 'object', additionalProperties: toJson(spec.of) }
    case 'readonly':
      return toJson(spec.of)
    case 'object':
      return { ...jsonFields(spec.fields), ...(spec.extras === 'refused' && { additionalProperties: false }) }
    case 'union':
      return { anyOf: spec.of.map(toJson) }
    case 'tuple':
      return { type: 'array', prefixItems: spec.of.map(toJson), minItems: spec.of.length, maxItems: spec.of.length }
    case 'tagged':
      return { anyOf: spec.of.map((fields, n) => jsonFields([tagField(n), ...fields])) }
    default:
      return simpleJson[spec.kind] as JsonSchema
  }
}

function tagField(n: number): FieldSpec {
  return { name: 'tag', of: { kind: 'literal', value: `t${n}` }, presence: 'required' }
}

function jsonFields(fields: readonly FieldSpec[]): JsonSchema {
  const required = fields.filter(({ presence }) => presence === 'required').map(({ name }) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(({ name, of }) => [name, toJson(of)])),
    ...(required.length > 0 && { required }),
  }
}
