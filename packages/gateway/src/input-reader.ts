import { isRecord, type Operation, ServiceError, textReader } from '@holon/contract'
import { type FieldReader, fieldReader, type HttpMapping, type TextReader } from '@holon/contract/http'

/** The parts of a request that an operation's input comes from. */
export interface RequestParts {
  /** The raw request target, with the query string. */
  readonly url: string
  /** The decoded path parameters, by name. */
  readonly params: Readonly<Record<string, string>>
  /** The parsed JSON body; undefined where there is none. */
  readonly body: unknown
}

/** Puts an operation's input together; throws a ServiceError where the parts do not fit the mapping. */
export type InputReader = (parts: RequestParts) => unknown

/** Prepares the reading of an operation's input; calls `report` for what a URL cannot carry. */
export function inputReader(
  operation: Operation,
  mapping: HttpMapping,
  report: (problem: string) => void,
): InputReader {
  const readers = (place: 'path' | 'query'): readonly FieldReader[] =>
    mapping[place].map(({ name, schema }) => {
      const reader = textReader(schema, mapping.document)
      const problem = problemOf(name, reader)
      if (problem !== undefined)
        report(`${operation.id}: ${problem}, which a ${place} cannot carry; flatten it, or use a route with a body`)
      return fieldReader(name, reader)
    })
  const path = readers('path')
  const query = new Map(readers('query').map((reader) => [reader.name, reader]))
  const { method } = mapping.route
  const hasBody = method !== 'GET' && method !== 'DELETE'
  const takesNothing = operation.definition.input === undefined
  return ({ url, params, body }) => {
    if (url.includes('%00')) throw refuse('The URL has the character U+0000 in it.')
    const queryStart = url.indexOf('?')
    const search = queryStart === -1 ? '' : url.slice(queryStart + 1)
    if (!hasBody) {
      if (body !== undefined) throw refuse(`A ${method} takes no body.`)
      if (takesNothing && search === '') return undefined
      return withPath(path, params, search === '' ? {} : readQuery(search, query, mapping.openQuery))
    }
    if (search !== '') readQuery(search, query, false)
    if (takesNothing) return refuseContent(body)
    return withPath(path, params, bodyOf(body, mapping))
  }
}

/** Why a URL cannot carry a field. */
function problemOf(name: string, { isScalar, isList, hasScalarItems }: TextReader): string | undefined {
  if (!isScalar && !isList) return `field '${name}' is an object`
  return isList && !hasScalarItems ? `field '${name}' is a list of objects or lists` : undefined
}

function refuse(message: string, field?: string): ServiceError {
  const issues = field === undefined ? undefined : [{ path: [field], message }]
  return new ServiceError('invalid_argument', message, { mayHaveRun: false, ...(issues && { issues }) })
}

function refuseContent(body: unknown): undefined {
  const isEmpty = typeof body === 'object' && body !== null && Object.keys(body).length === 0
  if (body !== undefined && !isEmpty) throw refuse('This operation takes no input; send no body.')
  return undefined
}

function bodyOf(body: unknown, mapping: HttpMapping): unknown {
  if (body === undefined) {
    if (mapping.body?.required === true)
      throw refuse('The body is missing; send JSON (Content-Type: application/json).')
    return {}
  }
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  if (mapping.path.length > 0 && !isObject) throw refuse('The body must be a JSON object.')
  return body
}

/** Adds the path's fields to the others. `input` was made for this request alone, so it may be filled in place. */
function withPath(path: readonly FieldReader[], params: RequestParts['params'], input: unknown): unknown {
  if (!isRecord(input)) return input // then no field comes from the path
  for (const reader of path) {
    const { name } = reader
    const text = params[name] ?? ''
    if (text === '')
      throw new ServiceError('not_found', `The path has nothing in place of {${name}}.`, { mayHaveRun: false })
    const value = reader.read([text])
    if (Object.hasOwn(input, name) && input[name] !== value)
      throw refuse(`'${name}' differs between path and body; leave it out of the body.`, name)
    input[name] = value
  }
  return input
}

function readQuery(search: string, readers: ReadonlyMap<string, FieldReader>, open: boolean): Record<string, unknown> {
  const texts = new Map<string, string[]>()
  for (const [name, text] of parametersOf(search)) {
    const earlier = texts.get(name)
    if (earlier === undefined) texts.set(name, [text])
    else earlier.push(text)
  }
  const unknown = open ? [] : [...texts.keys()].filter((name) => !readers.has(name))
  if (unknown.length > 0 || texts.has('__proto__')) throw unknownParameters(unknown, readers)
  const input: Record<string, unknown> = {}
  for (const [name, values] of texts) {
    const reader = readers.get(name)
    input[name] = reader === undefined ? (values.length === 1 ? values[0] : values) : reader.read(values)
  }
  return input
}

/** The parameters of a query string, decoded. */
function parametersOf(search: string): Iterable<readonly [name: string, text: string]> {
  if (!/[%+]/.test(search)) return plainParameters(search)
  if (!isDecodable(search)) throw refuse('The query string is not valid percent-encoded UTF-8.')
  return new URLSearchParams(search)
}

/** What URLSearchParams gives where nothing is encoded, in a third of its time. */
function plainParameters(search: string): readonly (readonly [name: string, text: string])[] {
  return search
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=')
      return equals === -1 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)]
    })
}

function isDecodable(search: string): boolean {
  try {
    decodeURIComponent(search)
    return true
  } catch {
    return false
  }
}

function unknownParameters(names: readonly string[], readers: ReadonlyMap<string, FieldReader>): ServiceError {
  const known = [...readers.keys()]
  const remedy = known.length === 0 ? 'There are none here.' : `Known are: ${known.join(', ')}.`
  const issues = names.map((name) => ({ path: [name], message: 'This query parameter is unknown.' }))
  const list = names.map((name) => `'${name}'`).join(', ')
  return new ServiceError('invalid_argument', `Unknown query parameter: ${list}. ${remedy}`, {
    mayHaveRun: false,
    issues,
  })
}
