import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'

import type { JsonType } from './json-type.ts'

/** A JSON Schema document, draft 2020-12. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/** Keywords of JSON Schema that say nothing about which values are valid. */
export const annotationKeywords: readonly string[] = [
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
]

/** What a schema of a library that implements Standard Schema with Standard JSON Schema looks like. */
export type StandardSchema<I = unknown, O = I> = StandardSchemaV1<I, O> & StandardJSONSchemaV1<I, O>

/**
 * A schema as contracts accept it: any Standard Schema library with Standard JSON Schema (Zod 4.2+, ArkType 2.1.28+,
 * Valibot 1.2+ through `toStandardJsonSchema`), or a plain JSON Schema 2020-12 literal.
 */
export type Schema = StandardSchema | JsonSchema

// Asked of every schema: a comparison with the whole of `StandardSchemaV1` would have the compiler look through all of it.

/** What a caller passes: the type before parsing (defaults may be left out). */
export type InputOf<S> = S extends {
  readonly '~standard': { readonly types?: { readonly input: infer I } | undefined }
}
  ? I
  : S extends JsonSchema
    ? JsonType<S>
    : unknown

/** What comes out of parsing (defaults filled in, transforms applied). */
export type OutputOf<S> = S extends {
  readonly '~standard': { readonly types?: { readonly output: infer O } | undefined }
}
  ? O
  : S extends JsonSchema
    ? JsonType<S>
    : unknown

/** Whether `schema` comes from a Standard Schema library, as opposed to plain JSON Schema. */
export function isStandardSchema(schema: Schema): schema is StandardSchema {
  return '~standard' in schema
}
