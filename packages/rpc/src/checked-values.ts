import { type CompiledSchema, copyPlain, isServiceError, type Operation, ServiceError, toServiceError } from '@holon/contract'

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
  if (error instanceof RangeError) return 'it is nested too deeply'
  return error instanceof Error && error.name === 'DataCloneError' ? 'it holds something that cannot travel' : undefined
}

/** The items a handler reads, each parsed as it is read. */
export async function* parseItems(operation: Operation, schema: CompiledSchema | undefined, items: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const item of items) {
    if (schema === undefined) continue
    const parsed = await parseGuarded(operation, schema, item)
    if (parsed.issues !== undefined) {
      throw new ServiceError('invalid_argument', `An item sent to ${operation.id} is wrong: ${describe(parsed.issues)}.`, { issues: parsed.issues })
    }
    yield parsed.value
  }
}

/** Parses what a handler gave. A mistake here is the service's own: the caller sees `internal`, the log the reason. */
export function parseOwn(operation: Operation, schema: CompiledSchema, value: unknown, what: string): unknown {
  const parsed = schema.parse(value)
  return parsed instanceof Promise ? parsed.then((later) => ownValue(operation, later, what)) : ownValue(operation, parsed, what)
}

function ownValue(operation: Operation, parsed: Parsed, what: string): unknown {
  if (parsed.issues === undefined) return parsed.value
  throw new Error(`The ${what} of ${operation.id} does not match its contract: ${describe(parsed.issues)}.`)
}

/** The error a caller may see for what a handler threw; the data of a declared failure is checked and copied. */
export async function errorForCaller(operation: Operation, thrown: unknown): Promise<ServiceError> {
  if (thrown instanceof InvalidValue) return thrown.toServiceError()
  if (!isServiceError(thrown)) return toServiceError(thrown, operation.id)
  if (thrown.failure === undefined) return passedOn(thrown)
  const { name, data, origin } = thrown.failure
  // The failure of a further call, which its own service has checked.
  if (origin !== operation.id) return passedOn(thrown)
  if (!Object.hasOwn(operation.compiled.failures, name)) return toServiceError(new Error(`${origin} declares no failure '${name}'`), origin)
  const schema = operation.compiled.failures[name]
  const parsed = schema === undefined ? { value: undefined } : await schema.parse(data)
  if (parsed.issues !== undefined) {
    return toServiceError(new Error(`the data of failure '${name}' is wrong: ${describe(parsed.issues)}`), origin)
  }
  return new ServiceError(thrown.code, thrown.message, { failure: { name, data: parsed.value, origin }, cause: thrown })
}

/** A copy that shares nothing with what the handler threw; the handler has run. */
function passedOn(error: ServiceError): ServiceError {
  const { failure, issues } = error
  return new ServiceError(error.code, error.message, {
    ...(failure && { failure: { ...failure, data: copyPlain(failure.data) } }),
    ...(issues && { issues: issues.map(({ path, message }) => ({ path: [...path], message })) }),
    cause: error,
  })
}

/** At most three issues as one line. */
function describe(issues: Issues): string {
  const shown = issues.slice(0, 3).map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
  return shown.join('; ') + (issues.length > 3 ? `; and ${issues.length - 3} more` : '')
}
