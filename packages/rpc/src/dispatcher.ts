import { type CompiledSchema, isServiceError, type Observer, type Operation, type Platform, ServiceError, toServiceError } from '@holon/contract'
import type { Call } from './call.ts'

/** An operation together with what answers it. */
export interface BoundOperation {
  readonly operation: Operation
  /** Runs the handler: parsed input, the call, the parsed items of the client if there are any. */
  readonly handle: (input: unknown, call: Call, items: AsyncIterable<unknown> | undefined) => unknown
}

/**
 * Answers calls of the services of this instance. Both ways in, from the same process and from a link, end here, so
 * that they cannot differ (promise I1): input parsed into a copy, handler, output parsed into a copy, errors normalised.
 */
export class Dispatcher {
  readonly #bound = new Map<string, BoundOperation>()
  readonly #platform: Platform
  readonly #observer: Observer
  #running = 0
  #closed = false
  #idle: (() => void)[] = []

  constructor(platform: Platform, observer: Observer) {
    this.#platform = platform
    this.#observer = observer
  }

  add(bound: BoundOperation): void {
    this.#bound.set(bound.operation.id, bound)
  }

  /** Takes a service's operations out again. */
  remove(service: string): void {
    for (const [id, { operation }] of this.#bound) if (operation.service === service) this.#bound.delete(id)
  }

  get(id: string): BoundOperation | undefined {
    return this.#bound.get(id)
  }

  /** All operations that are answered here. */
  bound(): readonly BoundOperation[] {
    return [...this.#bound.values()]
  }

  /** Resolves as soon as no call runs. New ones are still answered: those that run may need them to finish. */
  drained(): Promise<void> {
    return this.#running === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Refuses every call from now on. */
  close(): void {
    this.#closed = true
  }

  /** Answers with one value. Rejects only with `ServiceError`s. */
  async answer(bound: BoundOperation, input: unknown, call: Call, items?: AsyncIterable<unknown>): Promise<unknown> {
    const startMs = this.#begin(bound)
    let error: ServiceError | undefined
    let cause: unknown
    try {
      const { compiled } = bound.operation
      const parsed = await this.#parseInput(bound.operation, compiled.input, input)
      const result = bound.handle(parsed, call, items && parseItems(bound.operation, compiled.clientStream, items))
      const output = result instanceof Promise ? await result : result
      return compiled.output === undefined ? undefined : await parseOwn(bound.operation, compiled.output, output, 'output')
    } catch (thrown) {
      cause = thrown
      error = await this.#toError(bound.operation, thrown)
      throw error
    } finally {
      this.#end(call, startMs, error, cause)
    }
  }

  /** Answers with a stream of items. Throws only `ServiceError`s. */
  async *answerStream(bound: BoundOperation, input: unknown, call: Call, items?: AsyncIterable<unknown>): AsyncGenerator<unknown> {
    const startMs = this.#begin(bound)
    let error: ServiceError | undefined
    let cause: unknown
    try {
      const { compiled } = bound.operation
      const schema = compiled.serverStream as CompiledSchema
      const parsed = await this.#parseInput(bound.operation, compiled.input, input)
      const results = bound.handle(parsed, call, items && parseItems(bound.operation, compiled.clientStream, items))
      for await (const item of results as AsyncIterable<unknown>) yield await parseOwn(bound.operation, schema, item, 'item')
    } catch (thrown) {
      cause = thrown
      error = await this.#toError(bound.operation, thrown)
      throw error
    } finally {
      this.#end(call, startMs, error, cause)
    }
  }

  #begin(bound: BoundOperation): number {
    if (this.#closed) throw new ServiceError('unavailable', `${bound.operation.service} is stopping.`, { mayHaveRun: false })
    this.#running++
    return this.#platform.monotonicMs()
  }

  #end(call: Call, startMs: number, error: ServiceError | undefined, cause: unknown): void {
    this.#running--
    const durationMs = this.#platform.monotonicMs() - startMs
    this.#observer.observe({ kind: 'call-handled', service: call.start.operation.service, call, durationMs, error, cause })
    if (this.#running === 0) for (const idle of this.#idle.splice(0)) idle()
  }

  async #parseInput(operation: Operation, schema: CompiledSchema | undefined, input: unknown): Promise<unknown> {
    if (schema === undefined) return undefined
    // A caller may leave out an input whose every field may be left out.
    const given = input === undefined && schema.inputJson['type'] === 'object' ? {} : input
    const parsed = await guardDepth(schema, given, operation)
    if (parsed.issues === undefined) return parsed.value
    throw new InvalidValue(`The input of ${operation.id} is wrong: ${describe(parsed.issues)}.`, parsed.issues)
  }

  /** The error a caller may see; the data of a declared failure is checked and copied by the contract. */
  async #toError(operation: Operation, thrown: unknown): Promise<ServiceError> {
    if (thrown instanceof InvalidValue) return new ServiceError('invalid_argument', thrown.message, { mayHaveRun: false, issues: thrown.issues })
    if (!isServiceError(thrown) || thrown.failure === undefined) return toServiceError(thrown, operation.id)
    const { name, data, origin } = thrown.failure
    if (origin !== operation.id) return copyError(thrown)
    const schema = operation.compiled.failures[name]
    if (!Object.hasOwn(operation.compiled.failures, name)) return toServiceError(new Error(`${origin} declares no failure '${name}'`), origin)
    const parsed = schema === undefined ? { value: undefined } : await schema.parse(data)
    if (parsed.issues !== undefined) return toServiceError(new Error(`the data of failure '${name}' is wrong: ${describe(parsed.issues)}`), origin)
    return new ServiceError(thrown.code, thrown.message, { failure: { name, data: parsed.value, origin }, cause: thrown })
  }
}

/** A copy without shared data, for an error that passes through from a further call. */
function copyError(error: ServiceError): ServiceError {
  const { failure } = error
  return new ServiceError(error.code, error.message, {
    ...(failure && { failure: { ...failure, data: structuredClone(failure.data) } }),
    ...(error.issues && { issues: error.issues }),
    cause: error,
  })
}

type Issues = NonNullable<ServiceError['issues']>

/** Input or items that the contract refuses: the caller's fault, as opposed to a wrong output. */
class InvalidValue extends Error {
  readonly issues: Issues

  constructor(message: string, issues: Issues) {
    super(message)
    this.issues = issues
  }
}

type Parsed = Awaited<ReturnType<CompiledSchema['parse']>>

/** A value nested so deeply that checking it overflows the stack is the sender's mistake, not a bug. */
async function guardDepth(schema: CompiledSchema, value: unknown, operation: Operation): Promise<Parsed> {
  try {
    const parsed = schema.parse(value)
    return parsed instanceof Promise ? await parsed : parsed
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

async function* parseItems(operation: Operation, schema: CompiledSchema | undefined, items: AsyncIterable<unknown>): AsyncGenerator<unknown> {
  for await (const item of items) {
    if (schema === undefined) continue
    const parsed = await guardDepth(schema, item, operation)
    if (parsed.issues !== undefined) throw new ServiceError('invalid_argument', `An item sent to ${operation.id} is wrong: ${describe(parsed.issues)}.`, { issues: parsed.issues })
    yield parsed.value
  }
}

/** Parses what a handler gave. A mistake here is the service's own: the caller sees `internal`, the log the reason. */
async function parseOwn(operation: Operation, schema: CompiledSchema, value: unknown, what: string): Promise<unknown> {
  const parsed = schema.parse(value)
  const done = parsed instanceof Promise ? await parsed : parsed
  if (done.issues === undefined) return done.value
  throw new Error(`The ${what} of ${operation.id} does not match its contract: ${describe(done.issues)}.`)
}

/** At most three issues as one line. */
export function describe(issues: Issues): string {
  const shown = issues.slice(0, 3).map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
  return shown.join('; ') + (issues.length > 3 ? `; and ${issues.length - 3} more` : '')
}
