import type { FieldPlace } from '@holon/contract/http'

import { type FieldWriter, fieldWriter, Loss, textWriter } from './field-writer.ts'
import { jsonIssue } from './json-text.ts'
import type { LightOperation } from './light-contract.ts'
import { refusedInput } from './refusals.ts'

/** A request less what all requests of a client share. */
export interface OperationRequest {
  readonly method: string
  /** Below the base URL, with the query string. */
  readonly target: string
  /** JSON. */
  readonly body: string | undefined
}

/** Spreads an input over a request; throws a ServiceError `invalid_argument` where HTTP would not carry it as it is. */
export type RequestWriter = (input: unknown) => OperationRequest

/** Prepares the requests of an operation; undefined where it has no route. */
export function requestWriter({ id, compiled }: LightOperation): RequestWriter | undefined {
  const { route, places } = compiled
  if (route === undefined) return undefined
  const writers = (fields: readonly FieldPlace[]): ReadonlyMap<string, FieldWriter> =>
    new Map(fields.map((field) => [field.name, fieldWriter(field)]))
  const path = writers(places?.path ?? [])
  const query = writers(places?.query ?? [])
  const hasBody = route.method !== 'GET' && route.method !== 'DELETE'
  const parts = (input: unknown): Omit<OperationRequest, 'method'> => {
    if (places === undefined || (input === undefined && path.size === 0)) return { target: route.path, body: undefined }
    if (!isObject(input)) {
      if (path.size === 0 && hasBody) return { target: route.path, body: JSON.stringify(input) }
      throw refusedInput(id, { path: [], message: 'it must be an object' })
    }
    const target = route.path.replaceAll(/\{([^}]*)\}/g, (_match, name: string) => pathPart(name, input[name], path))
    const others = Object.entries(input).filter(([name, value]) => value !== undefined && !path.has(name))
    if (!hasBody) return { target: target + queryString(others, query), body: undefined }
    const isSent = places.body || others.length > 0
    return { target, body: isSent ? JSON.stringify(Object.fromEntries(others)) : undefined }
  }
  return (input) => {
    const issue = jsonIssue(input)
    if (issue) throw refusedInput(id, issue)
    try {
      return { method: route.method, ...parts(input) }
    } catch (error) {
      throw error instanceof Loss ? refusedInput(id, error.issue) : error
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function pathPart(name: string, value: unknown, writers: ReadonlyMap<string, FieldWriter>): string {
  const [text = '', ...more] = value === undefined ? [] : (writers.get(name)?.(value) ?? [])
  if (text === '' || more.length > 0)
    throw new Loss(name, 'it is part of the path, so it must be one text, and not empty')
  // Every parser of URLs takes such a part for a step up or none, also when it is escaped.
  if (text === '.' || text === '..') throw new Loss(name, `'${text}' cannot be part of a path`)
  return encoded(name, text)
}

function queryString(
  fields: readonly (readonly [name: string, value: unknown])[],
  writers: ReadonlyMap<string, FieldWriter>,
): string {
  const pairs = fields.flatMap(([name, value]) => {
    const texts = (writers.get(name) ?? textWriter(name))(value)
    return texts.map((text) => `${encoded(name, name)}=${encoded(name, text)}`)
  })
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

function encoded(name: string, text: string): string {
  try {
    return encodeURIComponent(text)
  } catch {
    throw new Loss(name, 'it has half a surrogate pair in it, which no URL can')
  }
}
