import { type JsonSchema, ServiceError, textReader } from '@holon/contract'
import type { SchemaField } from '@holon/contract/openapi'

/** Reads one field of an operation's input from the texts that a URL gives for it. */
export interface FieldReader {
  readonly name: string
  /**
   * The value, of the type that the schema asks for.
   *
   * @throws ServiceError `invalid_argument` where a field that is no list is given more than once.
   */
  read(texts: readonly string[]): unknown
}

/** Prepares the reading of a field; calls `report` where a URL cannot carry it. */
export function fieldReader(
  { name, schema }: SchemaField,
  document: JsonSchema,
  report: (problem: string) => void,
): FieldReader {
  const reader = textReader(schema, document)
  const { isScalar, isList } = reader
  if (!isScalar && !isList) report(`field '${name}' is an object`)
  if (isList && !reader.hasScalarItems) report(`field '${name}' is a list of objects or lists`)
  const read = (texts: readonly string[]): unknown => {
    const [only = ''] = texts
    if (texts.length === 1 && (isScalar || !isList)) return reader.read(only)
    if (isList) return texts.map((text) => reader.readItem(text))
    throw givenTwice(name)
  }
  return { name, read }
}

function givenTwice(name: string): ServiceError {
  const message = `'${name}' is given more than once.`
  return new ServiceError('invalid_argument', message, { mayHaveRun: false, issues: [{ path: [name], message }] })
}
