import { fieldOf, isInstance } from './is-instance.ts'
import { withheld } from './withheld.ts'

/**
 * A thrown value as plain data: what it was, what it says, and what led to it. Every part is bounded, and all of them
 * together.
 */
export interface ToldError {
  /** The name of an error; the kind of value (`string`, `object`) of what is none. */
  readonly type: string
  readonly code?: string
  readonly message: string
  /** The frames alone. */
  readonly stack?: string
  /** Its own fields, without those in which drivers put the data of people. */
  readonly fields?: Readonly<Record<string, unknown>>
  readonly cause?: ToldError
  /** What an `AggregateError` gathers. */
  readonly errors?: readonly ToldError[]
}

/** The bounds of one value that is told. A log line of 32 KiB is as much as anyone reads. */
const longestText = 8_192
const longestInAll = 32_768
const deepest = 8
const widest = 100
/** A chain is as long as a program is deep; a cycle has no end. Five levels tell the story. */
const deepestError = 5
const mostErrors = 10

/** Fields of an error that are told elsewhere, or are Holon's own. */
const knownFields: ReadonlySet<string> = new Set([
  'name',
  'message',
  'stack',
  'cause',
  'errors',
  '~holon',
  'mayHaveRun',
  'failure',
  'issues',
])

/**
 * One telling of a foreign value: a copy made of plain data only, that ends whatever the value is. It throws only where
 * the stack is full already.
 */
export class Telling {
  #left = longestInAll
  readonly #above = new Set<object>()

  /** Whether nothing more fits. */
  get isFull(): boolean {
    return this.#left <= 0
  }

  /** At most `limit` characters, without U+0000 and lone surrogates, which some stores and terminals do not take. */
  text(text: string, limit: number = longestText): string {
    const most = Math.min(limit, Math.max(0, this.#left))
    // Something is taken also for nothing, so that the number of parts is bounded too.
    this.#left -= Math.min(text.length, most) + 8
    if (text.length <= most) return storable(text)
    const end = `… (${text.length} characters)`
    return `${storable(text.slice(0, Math.max(0, most - end.length)))}${end}`
  }

  error(thrown: unknown, depth = 1): ToldError {
    if (!isInstance(thrown, Error)) return { type: typeof thrown, message: this.text(this.words(thrown)) }
    const code = fieldOf(thrown, 'code')
    const stack = fieldOf(thrown, 'stack')
    const cause = fieldOf(thrown, 'cause')
    const deeper = depth < deepestError && !this.isFull
    const told = {
      type: this.text(nameOf(thrown)),
      ...(typeof code === 'string' && { code: this.text(code) }),
      message: this.text(this.#messageOf(thrown)),
    }
    const fields = this.#fieldsOf(thrown, typeof code === 'string')
    const errors = deeper ? this.#errorsOf(thrown, depth) : undefined
    return {
      ...told,
      ...(typeof stack === 'string' && { stack: this.text(framesOf(stack)) }),
      ...(fields && { fields }),
      ...(cause !== undefined && deeper && { cause: this.error(cause, depth + 1) }),
      ...(errors && { errors }),
    }
  }

  /** A value that is no error in words: itself where it is one, its fields as JSON otherwise. */
  words(value: unknown): string {
    const plain = this.plain(value)
    return typeof plain === 'string' ? plain : (JSON.stringify(plain) ?? 'undefined')
  }

  /** A copy of plain data; what is none is put in words. */
  plain(value: unknown, ofError = false): unknown {
    switch (typeof value) {
      case 'string':
        return this.text(value)
      case 'number':
        return Number.isFinite(value) ? value : String(value)
      case 'bigint':
      case 'symbol':
        return this.text(String(value))
      case 'function':
        return this.text(`function ${textField(value, 'name')}`.trim())
      case 'object':
        return value === null ? null : this.#object(value, ofError)
      default:
        return value
    }
  }

  #object(value: object, ofError: boolean): unknown {
    if (this.#above.has(value)) return '[circular]'
    if (this.#above.size >= deepest) return '[deeper]'
    this.#left -= 8
    if (this.isFull) return '[more]'
    this.#above.add(value)
    try {
      return isInstance(value, Error) ? this.error(value) : this.#members(value, ofError)
    } catch {
      return '[unreadable]'
    } finally {
      this.#above.delete(value)
    }
  }

  #members(value: object, ofError: boolean): unknown {
    const shown = shownAs(value)
    if (typeof shown !== 'object' || shown === null) return this.plain(shown)
    if (isInstance(shown, String)) return this.plain(String.prototype.valueOf.call(shown))
    if (ArrayBuffer.isView(shown)) return `[${shown.byteLength} bytes]`
    if (Array.isArray(shown) || shown instanceof Set || shown instanceof Map) return this.#items(shown)
    const told: Record<string, unknown> = {}
    const names = Object.keys(shown)
    for (const name of names.slice(0, widest)) {
      const member = withheld(name, ofError) ?? this.#member(shown, name, ofError)
      // Not assigned, which for `__proto__` would do something else.
      Object.defineProperty(told, this.text(name, 200), { value: member, enumerable: true, configurable: true })
    }
    if (names.length > widest) told['…'] = `${names.length - widest} more`
    return told
  }

  #member(value: object, name: string, ofError: boolean): unknown {
    let member: unknown
    try {
      member = Reflect.get(value, name)
    } catch {
      return '[unreadable]'
    }
    return this.plain(member, ofError)
  }

  #items(items: readonly unknown[] | ReadonlySet<unknown> | ReadonlyMap<unknown, unknown>): readonly unknown[] {
    const told: unknown[] = []
    for (const item of items) {
      if (told.length >= widest || this.isFull) return [...told, '… more']
      told.push(this.plain(item))
    }
    return told
  }

  #messageOf(error: Error): string {
    const message = fieldOf(error, 'message')
    return typeof message === 'string' ? message : message === undefined ? '' : this.words(message)
  }

  #fieldsOf(error: Error, codeIsTold: boolean): Readonly<Record<string, unknown>> | undefined {
    const fields: Record<string, unknown> = {}
    for (const name of ownNames(error)) {
      if (knownFields.has(name) || (name === 'code' && codeIsTold)) continue
      const value = withheld(name, true) ?? this.#member(error, name, true)
      if (value !== undefined) fields[this.text(name, 200)] = value
    }
    return Object.keys(fields).length === 0 ? undefined : fields
  }

  #errorsOf(error: Error, depth: number): readonly ToldError[] | undefined {
    const told: ToldError[] = []
    for (const gathered of itemsOf(fieldOf(error, 'errors')))
      if (!this.isFull) told.push(this.error(gathered, depth + 1))
    return told.length === 0 ? undefined : told
  }
}

/** The name of an error's kind, whatever its field `name` holds. */
function nameOf(error: Error): string {
  return textField(error, 'name') || textField(fieldOf(error, 'constructor'), 'name') || 'Error'
}

function textField(value: unknown, name: string): string {
  const text = fieldOf(value, name)
  return typeof text === 'string' ? text : ''
}

/** The first items of a list that an error gathers; none of what is no list. */
export function itemsOf(list: unknown): readonly unknown[] {
  try {
    if (!Array.isArray(list)) return []
    const count = Math.min(list.length, mostErrors)
    return Array.from({ length: count }, (_, index) => fieldOf(list, String(index)))
  } catch {
    return []
  }
}

function ownNames(value: object): readonly string[] {
  try {
    return Object.keys(value).slice(0, widest)
  } catch {
    return []
  }
}

/** What it wants to be written as (a Date, a URL, a decimal number); itself where that fails. */
function shownAs(value: object): unknown {
  try {
    const toJson: unknown = Reflect.get(value, 'toJSON')
    return typeof toJson === 'function' ? Reflect.apply(toJson, value, []) : value
  } catch {
    return value
  }
}

/** The frames alone: `stack` begins with type and message, which stand in fields of their own. */
function framesOf(stack: string): string {
  const first = stack.search(/^\s+at /m)
  return first === -1 ? '' : stack.slice(first)
}

function storable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- Postgres cannot keep this one character
  return text.replaceAll(/\u0000/g, '\uFFFD').toWellFormed()
}
