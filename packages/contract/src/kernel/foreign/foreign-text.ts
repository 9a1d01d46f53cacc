import { fieldOf, isInstance } from './is-instance.ts'
import { itemsOf, Telling, type ToldError } from './telling.ts'

/** What stands for a value of which nothing can be told. */
const untold = 'a value that cannot be read'

/**
 * What was thrown and what led to it (`cause`, `errors`), with its own fields, as plain data for a log line: at most
 * 32 KiB, five causes deep. Never throws, whatever was thrown.
 */
export function toldError(thrown: unknown): ToldError {
  return safely(
    () => new Telling().error(thrown),
    () => ({ type: typeof thrown, message: untold }),
  )
}

/**
 * A copy of fields that a program wants logged, as plain data: errors in it at any depth are told like {@link toldError}
 * does, fields whose name says that they are secret are blanked, and all of it is at most 32 KiB. Never throws.
 */
export function toldFields(fields: unknown): Readonly<Record<string, unknown>> {
  return safely(
    () => {
      const told = new Telling().plain(fields)
      // The copy holds plain data only, so an object among it is a record.
      return typeof told === 'object' && told !== null && !Array.isArray(told)
        ? (told as Readonly<Record<string, unknown>>)
        : { value: told }
    },
    () => ({ value: untold }),
  )
}

/**
 * Any value in words, in one piece: the message of an error, a text itself, the fields of anything else as JSON. At most
 * 8 KiB. Never throws, which `String(value)` does for an object without a prototype.
 */
export function messageOf(value: unknown): string {
  return safely(
    () => {
      const telling = new Telling()
      if (!isInstance(value, Error)) return telling.text(telling.words(value))
      return sentence(telling.error(value))
    },
    () => untold,
  )
}

/**
 * What was thrown in one line: `TypeError: x is undefined`, and behind it the fields of its own and the errors that it
 * gathers, if there are any. At most `limit` characters, as all texts of a dead letter. Never throws.
 */
export function headlineOf(thrown: unknown, limit: number): string {
  return safely(
    () => bounded(headline(new Telling().error(thrown)), limit),
    () => untold,
  )
}

/** The headlines of what led to `thrown`: each `cause`, outermost first. At most `most` of them. Never throws. */
export function causesOf(thrown: unknown, most: number, limit: number): readonly string[] {
  const causes: string[] = []
  for (let cause = causeOf(thrown); cause !== undefined && causes.length < most; cause = causeOf(cause))
    causes.push(headlineOf(cause, limit))
  return causes
}

/** What was thrown as a program that fails prints it: its stack and those of its causes, about 32 KiB at most. Never throws. */
export function stackOf(thrown: unknown): string {
  return safely(
    () => printed(thrown, new Telling(), 0),
    () => untold,
  )
}

/** Some that gather others have no message of their own: Node's, where no address of a host could be reached. */
function sentence({ type, message, errors = [] }: ToldError): string {
  if (message !== '') return message
  return errors.length > 0 ? errors.map(sentence).join('; ') : type
}

function headline(told: ToldError): string {
  const { type, message, fields, errors } = told
  // Of what is no error the value itself is the message.
  const head = kindsOfValues.has(type) ? message : message === '' ? type : `${type}: ${message}`
  const more = fields === undefined ? '' : ` ${JSON.stringify(fields)}`
  const gathered = errors === undefined ? '' : ` [${errors.map(headline).join('; ')}]`
  return `${head}${more}${gathered}`
}

const kindsOfValues: ReadonlySet<string> = new Set([
  'undefined',
  'object',
  'boolean',
  'number',
  'bigint',
  'string',
  'symbol',
  'function',
])

/** Its stack as it is: some, such as those of mistakes in syntax, begin with where it is. */
function printed(thrown: unknown, telling: Telling, depth: number): string {
  if (!isInstance(thrown, Error)) return telling.text(telling.words(thrown))
  const stack = fieldOf(thrown, 'stack')
  const own = typeof stack === 'string' && stack !== '' ? telling.text(stack) : headline(telling.error(thrown))
  if (depth >= deepestPrinted || telling.isFull) return own
  const cause = fieldOf(thrown, 'cause')
  const below = [
    ...(cause === undefined ? [] : [`caused by ${printed(cause, telling, depth + 1)}`]),
    ...itemsOf(fieldOf(thrown, 'errors')).map((error) => `gathered: ${printed(error, telling, depth + 1)}`),
  ]
  return [own, ...below].join('\n')
}

const deepestPrinted = 4

function causeOf(thrown: unknown): unknown {
  return isInstance(thrown, Error) ? fieldOf(thrown, 'cause') : undefined
}

function bounded(text: string, limit: number): string {
  // Where half a character is left at the cut, something that every store takes stands for it.
  return text.length <= limit ? text : `${text.slice(0, limit - 1).toWellFormed()}…`
}

/** The net below all nets: a stack that is full already makes anything throw. */
function safely<T>(tell: () => T, otherwise: () => T): T {
  try {
    return tell()
  } catch {
    return otherwise()
  }
}
