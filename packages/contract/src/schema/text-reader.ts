import type { JsonSchema } from './schema.ts'
import { shapeReader, type TextReader } from './shape-reader.ts'
import { textShape } from './text-shape.ts'

/** Prepares reading; references in `schema` are relative to `document`. */
export function textReader(schema: JsonSchema, document: JsonSchema): TextReader {
  return shapeReader(textShape(schema, document))
}
