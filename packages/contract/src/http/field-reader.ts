import { ServiceError } from '../kernel/error.ts'
import type { TextReader } from '../schema/shape-reader.ts'

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

/** Prepares the reading of a field. */
export function fieldReader(name: string, reader: TextReader): FieldReader {
  const { isScalar, isList } = reader
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
