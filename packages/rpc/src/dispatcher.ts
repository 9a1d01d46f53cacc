import { type CompiledSchema, type Observer, type Operation, type Platform, ServiceError } from '@holon/contract'
import type { Call } from './call.ts'
import { errorForCaller, InvalidValue, parseItems, parseOwn, parseSent } from './checked-values.ts'

/** An operation together with what answers it. */
export interface BoundOperation {
  readonly operation: Operation
  /** Runs the handler: parsed input, the call, the parsed items of the client if there are any. */
  readonly handle: (input: unknown, call: Call, items: AsyncIterable<unknown> | undefined) => unknown
}

/** Who waits for the answer of a call. One of the two is called, once. */
export interface Reply {
  /** `operation`'s answer, checked and copied. */
  answered(value: unknown): void
  failed(error: ServiceError): void
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

  /**
   * Answers with one value. The input is parsed before this returns, and where neither the checks nor the handler wait
   * for anything, no promise is made.
   */
  answer(bound: BoundOperation, call: Call, given: { readonly input: unknown; readonly items: AsyncIterable<unknown> | undefined }, reply: Reply): void {
    if (this.#closed) return reply.failed(stopping(bound.operation))
    this.#running++
    const { operation } = bound
    const { compiled } = operation
    const fail = (thrown: unknown): void => void this.#fail(operation, call, thrown, reply)
    const finish = (value: unknown): void => {
      this.#end(call, undefined, undefined)
      reply.answered(value)
    }
    const check = (output: unknown): void => {
      try {
        if (compiled.output === undefined) return finish(undefined)
        const value = parseOwn(operation, compiled.output, output, 'output')
        if (value instanceof Promise) value.then(finish, fail)
        else finish(value)
      } catch (error) {
        fail(error)
      }
    }
    const handle = (input: unknown): void => {
      const result = bound.handle(input, call, given.items && parseItems(operation, compiled.clientStream, given.items))
      if (isPromise(result)) result.then(check, fail)
      else check(result)
    }
    try {
      const input = compiled.input && parseSent(operation, compiled.input, given.input)
      if (input instanceof Promise) input.then(handle).catch(fail)
      else handle(input)
    } catch (error) {
      fail(error)
    }
  }

  /** Answers with a stream of items. Throws only `ServiceError`s. */
  async *answerStream(bound: BoundOperation, call: Call, given: { readonly input: unknown; readonly items: AsyncIterable<unknown> | undefined }): AsyncGenerator<unknown> {
    const { operation } = bound
    if (this.#closed) throw stopping(operation)
    this.#running++
    let error: ServiceError | undefined
    let cause: unknown
    try {
      const { compiled } = operation
      const schema = compiled.serverStream as CompiledSchema
      const input = compiled.input && (await parseSent(operation, compiled.input, given.input))
      const results = bound.handle(input, call, given.items && parseItems(operation, compiled.clientStream, given.items))
      for await (const item of results as AsyncIterable<unknown>) yield await parseOwn(operation, schema, item, 'item')
    } catch (thrown) {
      cause = thrown
      error = await errorForCaller(operation, thrown)
      throw error
    } finally {
      this.#end(call, error, cause)
    }
  }

  async #fail(operation: Operation, call: Call, thrown: unknown, reply: Reply): Promise<void> {
    const error = thrown instanceof InvalidValue ? thrown.toServiceError() : await errorForCaller(operation, thrown)
    this.#end(call, error, thrown)
    reply.failed(error)
  }

  #end(call: Call, error: ServiceError | undefined, cause: unknown): void {
    this.#running--
    const durationMs = this.#platform.monotonicMs() - call.start.startMs
    this.#observer.observe({ kind: 'call-handled', service: call.start.operation.service, call, durationMs, error, cause })
    if (this.#running === 0 && this.#idle.length > 0) for (const idle of this.#idle.splice(0)) idle()
  }
}

function stopping(operation: Operation): ServiceError {
  return new ServiceError('unavailable', `${operation.service} is stopping.`, { mayHaveRun: false })
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}
