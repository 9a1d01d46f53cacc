import { isUtf8 } from 'node:buffer'

import { isRecord, ServiceError } from '@holon/contract'
import { parse as parseLeniently, type ParseError } from 'jsonc-parser'

/** Deeper nesting than this is an attack on whoever walks the value, not a request. */
const maxDepth = 100

const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const colon = 0x3a

/** Texts in which a value might be that two readers could understand differently; only these are looked through. */
const suspicious = /\\u00|\\u[dD][89a-fA-F]|__proto__|constructor|[eE]\+?\d{3}|\d{308}/

/**
 * Parses a request body as I-JSON (RFC 7493): strict UTF-8, no name twice in one object, no half surrogate pairs, only
 * numbers that a double can hold. What is refused besides, because it only ever is an attack: U+0000, `__proto__`, and
 * nesting deeper than 100 levels.
 *
 * @returns undefined for an empty body.
 * @throws ServiceError `invalid_argument` that says what is wrong, and where.
 */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  if (!isUtf8(bytes)) throw refuse('The body is not valid UTF-8.')
  const members = countMembers(bytes)
  const text = bytes.toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw refuse(describeSyntaxError(text, error))
  }
  const kept = inspect(value, suspicious.test(text))
  if (kept !== members)
    throw refuse('The body has a name twice in one object; JSON readers disagree on what that means.')
  return value
}

function refuse(message: string): ServiceError {
  return new ServiceError('invalid_argument', message, { mayHaveRun: false })
}

/** How many `name: value` pairs the text has: one colon outside of strings for each. Also bounds the depth. */
function countMembers(bytes: Buffer): number {
  let members = 0
  let depth = 0
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index]
    if (byte === quote) index = endOfString(bytes, index)
    else if (byte === colon) members += 1
    else if (byte === openBrace || byte === openBracket) {
      depth += 1
      if (depth > maxDepth) throw refuse(`The body is nested deeper than ${maxDepth} levels.`)
    } else if (byte === closeBrace || byte === closeBracket) depth -= 1
  }
  return members
}

function endOfString(bytes: Buffer, start: number): number {
  let index = start + 1
  while (index < bytes.length && bytes[index] !== quote) index += bytes[index] === backslash ? 2 : 1
  return index
}

/** Counts the members that parsing kept; where `closely`, refuses values that only look harmless. */
function inspect(value: unknown, closely: boolean): number {
  if (closely && typeof value === 'string') inspectText(value)
  if (closely && typeof value === 'number' && !Number.isFinite(value))
    throw refuse('The body has a number beyond what a double can hold.')
  if (!isRecord(value)) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const item of value) members += inspect(item, closely)
    return members
  }
  for (const name of Object.keys(value)) {
    if (closely) inspectName(name, value[name])
    members += 1 + inspect(value[name], closely)
  }
  return members
}

function inspectText(text: string): void {
  if (text.includes('\0')) throw refuse('The body has the character U+0000 in a text.')
  if (!text.isWellFormed()) throw refuse('The body has half of a surrogate pair in a text.')
}

function inspectName(name: string, value: unknown): void {
  inspectText(name)
  const poisons =
    name === 'constructor' && typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype')
  if (name === '__proto__' || poisons) throw refuse(`The body has the name '${name}', which is not accepted.`)
}

/** The parser's message with the place of the mistake; it names one itself only for some mistakes. */
function describeSyntaxError(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : ''
  const offset = /at position (\d+)/.exec(message)?.[1] ?? firstError(text)
  if (offset === undefined) return 'The body is not valid JSON.'
  const before = text.slice(0, Number(offset)).split('\n')
  const column = (before.at(-1)?.length ?? 0) + 1
  return `The body is not valid JSON: mistake at position ${offset} (line ${before.length}, column ${column}).`
}

function firstError(text: string): number | undefined {
  const errors: ParseError[] = []
  parseLeniently(text, errors, { disallowComments: true, allowTrailingComma: false })
  return errors[0]?.offset
}
