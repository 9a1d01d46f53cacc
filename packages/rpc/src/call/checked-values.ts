import {
  type CompiledSchema,
  copyPlain,
  fromWireError,
  isInstance,
  isCode,
  isServiceError,
  type Issue,
  messageOf,
  type Operation,
  ServiceError,
  unsure,
} from '@holon/contract'

import { isItemsFailure } from '../items/items-failure.ts'

type Issues = NonNullable<ServiceError['issues']>
type Parsed = Awaited<ReturnType<CompiledSchema['parse']>>

/** Input or items that the contract refuses: the caller's fault, as opposed to a wrong output. */
export class InvalidValue extends Error {
  readonly issues: Issues

  constructor(message: string, issues: Issues) {
    super(message)
    this.issues = issues
  }

  toServiceError(): ServiceError {
    return new ServiceError('invalid_argument', this.message, { mayHaveRun: false, issues: this.issues })
  }
}

/** Parses what a caller sent. Throws (or rejects with) {@link InvalidValue}. */
export function parseSent(operation: Operation, schema: CompiledSchema, input: unknown): unknown {
  // A caller may leave out an input whose every field may be left out.
  const given = input === undefined && schema.inputJson['type'] === 'object' ? {} : input
  const copy = schema.structural === undefined ? unsure : schema.structural.copy(given)
  if (copy !== unsure) return copy
  const parsed = parseGuarded(operation, schema, given)
  return parsed instanceof Promise ? parsed.then((later) => accepted(operation, later)) : accepted(operation, parsed)
}

function accepted(operation: Operation, parsed: Parsed): unknown {
  if (parsed.issues === undefined) return parsed.value
  throw new InvalidValue(`The input of ${operation.id} is wrong: ${describe(parsed.issues)}.`, parsed.issues)
}

/** A value nested so deeply that checking it overflows the stack is the sender's mistake, not a bug. */
function parseGuarded(operation: Operation, schema: CompiledSchema, value: unknown): Parsed | Promise<Parsed> {
  try {
    return schema.parse(value)
  } catch (error) {
    const message = unreadable(error)
    if (message === undefined) throw error
    throw new InvalidValue(`The input of ${operation.id} cannot be read: ${message}.`, [{ path: [], message }])
  }
}

function unreadable(error: unknown): string | undefined {
  return isInstance(error, RangeError) ? 'it is nested too deeply' : undefined
}

/** The error for a value that cannot leave its service: it is refused where it is given, alike in every placement. */
export function refusedToTravel(what: string, issue: Issue): ServiceError {
  return new ServiceError('invalid_argument', `${what} is wrong: ${describe([issue])}.`, {
    mayHaveRun: false,
    issues: [issue],
  })
}

/** The items a handler reads, each parsed as it is read. */
export async function* parseItems(
  operation: Operation,
  schema: CompiledSchema,
  items: AsyncIterable<unknown>,
): AsyncGenerator<unknown> {
  for await (const item of items) {
    const parsed = await parseGuarded(operation, schema, item)
    if (parsed.issues !== undefined) {
      throw new ServiceError(
        'invalid_argument',
        `An item sent to ${operation.id} is wrong: ${describe(parsed.issues)}.`,
        { issues: parsed.issues },
      )
    }
    yield parsed.value
  }
}

/** Parses what a handler gave. A mistake here is the service's own: the caller sees `internal`, the log the reason. */
export function parseOwn(operation: Operation, schema: CompiledSchema, value: unknown, what: string): unknown {
  const copy = schema.structural === undefined ? unsure : schema.structural.copy(value)
  if (copy !== unsure) return copy
  const parsed = schema.parse(value)
  return parsed instanceof Promise
    ? parsed.then((later) => ownValue(operation, later, what))
    : ownValue(operation, parsed, what)
}

function ownValue(operation: Operation, parsed: Parsed, what: string): unknown {
  if (parsed.issues === undefined) return parsed.value
  throw new Error(`The ${what} of ${operation.id} does not match its contract: ${describe(parsed.issues)}.`)
}

/** What a caller is told of a failure, and what the local log says caused it. */
export interface ToldError {
  readonly error: ServiceError
  readonly cause: unknown
}

/**
 * What the caller may see of what a handler threw: a copy without cause, in every placement; the data of a declared
 * failure is checked. Never rejects.
 */
export async function errorForCaller(operation: Operation, thrown: unknown): Promise<ToldError> {
  let cause = thrown
  try {
    const error = await toldOf(operation, thrown)
    if (error) return { error, cause }
  } catch (mistake) {
    // It is a ServiceError whose parts contradict the contract, or has its brand only.
    if (isInstance(mistake, UntellableError)) cause = mistake
  }
  return { error: new ServiceError('internal', `Internal error in ${operation.id}.`), cause }
}

/** Undefined: what was thrown is not meant for the caller. */
async function toldOf(operation: Operation, thrown: unknown): Promise<ServiceError | undefined> {
  if (isInstance(thrown, InvalidValue)) return thrown.toServiceError()
  if (!isServiceError(thrown)) return undefined
  const { code, message, failure, issues } = thrown
  if (!isCode(code) || typeof message !== 'string') throw new UntellableError('an error without a known code', thrown)
  const told = failure && {
    name: failure.name,
    data: await failureData(operation, failure, thrown),
    origin: failure.origin,
  }
  // Bounded here, where it leaves the handler, so that it is the same in every placement.
  return fromWireError({
    code,
    message: messageOf(message),
    mayHaveRun: true,
    ...(told && { failure: told }),
    ...(issues && { issues }),
  })
}

async function failureData(
  operation: Operation,
  failure: NonNullable<ServiceError['failure']>,
  thrown: ServiceError,
): Promise<unknown> {
  const { name, data, origin } = failure
  // The failure of a further call, which its own service has checked.
  if (origin !== operation.id) return copyPlain(data)
  if (isItemsFailure(thrown, operation)) return undefined
  if (!Object.hasOwn(operation.compiled.failures, name))
    throw new UntellableError(`the failure '${name}', which the contract does not declare`, thrown)
  const parsed = await operation.compiled.failures[name]?.parse(data)
  if (parsed?.issues)
    throw new UntellableError(`the failure '${name}' with wrong data: ${describe(parsed.issues)}`, thrown)
  return parsed?.value
}

/** A mistake in what a handler threw; for the local log. */
class UntellableError extends Error {
  constructor(what: string, cause: unknown) {
    super(`The handler threw ${what}.`, { cause })
  }
}

/** At most three issues as one line. */
function describe(issues: Issues): string {
  const shown = issues
    .slice(0, 3)
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
  return shown.join('; ') + (issues.length > 3 ? `; and ${issues.length - 3} more` : '')
}
