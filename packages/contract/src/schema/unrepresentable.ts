import { messageOf } from '../kernel/foreign/foreign-text.ts'
import { isRecord } from '../kernel/is-record.ts'
import type { JsonSchema, StandardSchema } from './schema.ts'

/** What to write instead of the types that JSON Schema cannot express. */
const alternatives: readonly (readonly [RegExp, string])[] = [
  [/date/i, 'a Date: use an ISO 8601 string (in Zod: z.iso.datetime()) or a number of milliseconds'],
  [/bigint/i, 'a bigint: use a string of digits, or a safe integer'],
  [/\bmap\b/i, 'a Map: use an object with string keys (a record) or an array of pairs'],
  [/\bset\b/i, 'a Set: use an array'],
  [/function/i, 'a function: only data can travel; declare another operation'],
  [/transform|morph/i, 'a transform whose result is not described: transform in the handler, or describe the result'],
  [
    /symbol|undefined|void|nan|promise|unit/i,
    'a value that JSON does not have: use null, a string, or leave the field out',
  ],
  [/custom|instance|proto|file|blob|class/i, 'a class instance or custom check: use a plain object'],
]

const mark = 'x-unrepresentable'
const zodTypes: readonly string[] = [
  'date',
  'bigint',
  'map',
  'set',
  'function',
  'transform',
  'symbol',
  'undefined',
  'void',
  'nan',
  'promise',
  'custom',
  'file',
]

/**
 * For each known library, the options of its own converter that make it mark what it cannot express instead of
 * throwing (Zod, Valibot) or silently widening it to "anything" (ArkType).
 */
const markingOptions: { readonly [vendor: string]: Record<string, unknown> } = {
  zod: {
    unrepresentable: 'any',
    override: ({
      zodSchema,
      jsonSchema,
    }: {
      zodSchema: { _zod: { def: { type: string } } }
      jsonSchema: Record<string, unknown>
    }) => {
      const { type } = zodSchema._zod.def
      if (zodTypes.includes(type)) jsonSchema[mark] = type
    },
  },
  valibot: {
    errorMode: 'ignore',
    overrideSchema: ({ errors, jsonSchema }: { errors?: readonly string[]; jsonSchema: JsonSchema }) =>
      errors?.length ? { ...jsonSchema, [mark]: errors[0] } : undefined,
  },
  arktype: {
    fallback: {
      default: (context: { code: string; base: JsonSchema }) => ({ ...context.base, [mark]: context.code }),
      predicate: (context: { base: JsonSchema }) => context.base,
      patternIntersection: (context: { base: JsonSchema }) => context.base,
      proto: (context: { base: JsonSchema; proto: { name: string } }) => ({
        ...context.base,
        [mark]: context.proto.name,
      }),
      domain: (context: { base: JsonSchema; domain: string }) => ({ ...context.base, [mark]: context.domain }),
    },
  },
}

/** A sentence for each field of `schema` that JSON Schema cannot express, naming it and what to use instead. */
export function unrepresentableFields(schema: StandardSchema, side: 'input' | 'output'): readonly string[] {
  const libraryOptions = markingOptions[schema['~standard'].vendor]
  if (libraryOptions === undefined) return []
  try {
    const marked = schema['~standard'].jsonSchema[side]({ target: 'draft-2020-12', libraryOptions })
    return marksIn(marked, []).map(({ path, kind }) => describe(path, kind))
  } catch {
    return [] // the strict conversion that follows reports it
  }
}

/** The sentence for an error of the strict conversion, which knows no field. */
export function describeConversionError(error: unknown): string {
  return describe([], messageOf(error))
}

function describe(path: readonly string[], kind: string): string {
  const found = alternatives.find(([pattern]) => pattern.test(kind))
  const where = path.length === 0 ? 'the schema' : `field '${path.join('.')}'`
  return `${where} cannot be expressed in JSON Schema; it is ${found?.[1] ?? `of a kind that cannot travel (${kind})`}`
}

interface Marked {
  readonly path: readonly string[]
  readonly kind: string
}

/** Finds the marks in a JSON Schema; a path follows the names of fields, `[]` for items and `*` for other keys. */
function marksIn(schema: unknown, path: readonly string[]): readonly Marked[] {
  if (Array.isArray(schema)) return schema.flatMap((member) => marksIn(member, path))
  if (!isRecord(schema)) return []
  const own = typeof schema[mark] === 'string' ? [{ path, kind: schema[mark] }] : []
  const named = Object.entries(schema['properties'] ?? {}).flatMap(([key, child]) => marksIn(child, [...path, key]))
  const inside = ['anyOf', 'oneOf', 'allOf'].flatMap((keyword) => marksIn(schema[keyword], path))
  const items = ['items', 'prefixItems'].flatMap((keyword) => marksIn(schema[keyword], [...path, '[]']))
  const others = marksIn(schema['additionalProperties'], [...path, '*'])
  const shared = Object.entries(schema['$defs'] ?? {}).flatMap(([key, child]) => marksIn(child, [...path, key]))
  return [...own, ...named, ...inside, ...items, ...others, ...shared]
}
