import type { Issue } from '@holon/contract'
import { type FieldPlace, fieldReader, shapeReader } from '@holon/contract/http'

/** The texts that stand for a value in a URL. Throws a {@link Loss} where none do. */
export type FieldWriter = (value: unknown) => readonly string[]

/** What would not arrive as it is. */
export class Loss extends Error {
  readonly issue: Issue

  constructor(field: string, message: string) {
    super(message)
    this.issue = { path: [field], message }
  }
}

/**
 * Prepares the writing of a field. Every value is read back, as the gateway will: what reads as another value (null
 * where texts are taken, a list without items) would reach the handler as that one, so it is refused here.
 */
export function fieldWriter(field: FieldPlace): FieldWriter {
  const reader = fieldReader(field.name, shapeReader(field))
  const left = field.isEmptyByDefault === true ? [] : undefined
  return checkedWriter(field.name, (texts) => (texts.length === 0 ? left : reader.read(texts)))
}

/** Writes a field that the contract does not name: the gateway takes it as text. */
export function textWriter(name: string): FieldWriter {
  return checkedWriter(name, (texts) => (texts.length === 1 ? texts[0] : texts))
}

function checkedWriter(name: string, read: (texts: readonly string[]) => unknown): FieldWriter {
  return (value) => {
    const texts = Array.isArray(value) ? value.map(textOf) : [textOf(value)]
    if (isSame(value, read(texts))) return texts
    throw new Loss(name, `${described(value)} cannot be told from something else in a URL; leave it out`)
  }
}

function textOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? '' : String(value)
}

/** Of lists the items are compared; nothing else in a URL has parts. */
function isSame(value: unknown, read: unknown): boolean {
  if (!Array.isArray(value)) return value === read
  return Array.isArray(read) && value.length === read.length && value.every((item, index) => item === read[index])
}

function described(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'this list'
  return value === null ? 'null' : `this ${typeof value}`
}
