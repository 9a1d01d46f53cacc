import type { SchemaField } from '../schema/schema-fields.ts'
import { type TextShape, textShape } from '../schema/text-shape.ts'
import type { HttpMapping } from './http-mapping.ts'

/** Where the fields of an input go in a request, as plain data: all that a client needs to write it. */
export interface InputPlaces {
  readonly path: readonly FieldPlace[]
  readonly query: readonly FieldPlace[]
  /** Whether the rest is a JSON body. */
  readonly body: boolean
}

/** A field in a URL: its name, and what texts are read as. */
export interface FieldPlace extends TextShape {
  readonly name: string
  /** Where it is left out, the input gets a list without items. */
  readonly isEmptyByDefault?: true
}

/** The places of a mapping's fields; undefined where there is no mapping. */
export function inputPlaces(mapping: HttpMapping | undefined): InputPlaces | undefined {
  if (mapping === undefined) return undefined
  const { path, query, body, document } = mapping
  const place = ({ name, schema }: SchemaField): FieldPlace => {
    const given = schema['default']
    const isEmpty = Array.isArray(given) && given.length === 0
    return { name, ...textShape(schema, document), ...(isEmpty && { isEmptyByDefault: true }) }
  }
  return { path: path.map(place), query: query.map(place), body: body !== undefined }
}
