import {
  isInstance,
  isRecord,
  type Items,
  type Observer,
  type Operation,
  type Platform,
  ServiceError,
} from '@holon/contract'

import { AnsweredItems } from '../items/answered-items.ts'
import { type ItemSource, sourceOf } from '../items/items.ts'
import type { Call } from './call.ts'
import type { CallerRole } from './caller-role.ts'
import { errorForCaller, InvalidValue, parseItems, parseOwn, parseSent } from './checked-values.ts'

/** An operation together with what answers it. */
export interface BoundOperation {
  readonly operation: Operation
  /** Only callers of this role may call it; undefined: all that declare to use the service. */
  readonly openTo?: CallerRole | undefined
  /** Runs the handler: parsed input, the call, the parsed items of the client if there are any. */
  readonly handle: (input: unknown, call: Call, items: AsyncIterable<unknown> | undefined) => unknown
}

/** Who waits for the answer of a call. One of the two is called, once. */
export interface Reply {
  /** `operation`'s answer, checked and copied. */
  answered(value: unknown): void
  failed(error: ServiceError): void
}

/** A call with all that answering it takes: one object, because every call makes one. */
export interface AnswerableCall extends Call, Reply {
  readonly input: unknown
  /** Whether the input is valid for certain and nobody else holds it: then it is not parsed again. */
  readonly inputChecked: boolean
  /** What the caller sends, for an operation that takes items. */
  readItems(): AsyncIterable<unknown> | undefined
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

  add({ operation, openTo, handle }: BoundOperation): void {
    // All of one form, whoever made them: each call reads it.
    this.#bound.set(operation.id, { operation, openTo, handle })
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
  answer(bound: BoundOperation, call: AnswerableCall): void {
    const { operation } = bound
    if (this.#closed) return call.failed(stopping(operation))
    this.#begin(call)
    try {
      const schema = call.inputChecked ? undefined : operation.compiled.input
      const input = schema === undefined ? call.input : parseSent(operation, schema, call.input)
      if (!(input instanceof Promise)) return this.#handle(bound, call, input)
      input
        .then((parsed) => this.#handle(bound, call, parsed))
        .catch((error: unknown) => this.#fail(operation, call, error))
    } catch (error) {
      let told = false
      try {
        this.#failSoon(operation, call, error)
        told = true
      } finally {
        // Without calling anything, for which there may be no stack left.
        if (!told && call.running) {
          call.running = false
          this.#running--
        }
      }
    }
  }

  /** Answers with a stream of items; begins when the first is taken. */
  answerStream(
    bound: BoundOperation,
    call: Call,
    given: { readonly input: unknown; readonly items: AsyncIterable<unknown> | undefined },
  ): ItemSource {
    const { operation } = bound
    if (this.#closed) return { pull: () => Promise.reject(stopping(operation)), leave: () => {} }
    const { input: schema } = operation.compiled
    const open = (input: unknown): ItemSource => {
      const items = itemsFor(operation, given.items)
      // The types of a service's handlers say so; what is no items after all fails when it is read.
      return sourceOf(bound.handle(input, call, items) as Items<unknown>)
    }
    const begin = (): ItemSource | Promise<ItemSource> => {
      this.#begin(call)
      const input = schema && parseSent(operation, schema, given.input)
      return input instanceof Promise ? input.then(open) : open(input)
    }
    const onEnd = (error: ServiceError | undefined, cause: unknown): void => this.#end(call, error, cause)
    return new AnsweredItems({ operation, begin, onEnd })
  }

  /** Runs the handler; throws what it throws at once. */
  #handle(bound: BoundOperation, call: AnswerableCall, input: unknown): void {
    const { operation } = bound
    const { clientStream } = operation.compiled
    const items = clientStream && itemsFor(operation, call.readItems())
    const result = bound.handle(input, call, items)
    if (!isThenable(result)) return this.#finish(operation, call, result)
    // A thenable that is no promise may answer twice, or throw behind its answer; this one settles once.
    Promise.resolve(result).then(
      (output) => this.#finish(operation, call, output),
      (error: unknown) => this.#fail(operation, call, error),
    )
  }

  #finish(operation: Operation, call: AnswerableCall, output: unknown): void {
    const schema = operation.compiled.output
    let value: unknown
    try {
      value = schema && parseOwn(operation, schema, output, 'output')
    } catch (error) {
      return this.#failSoon(operation, call, error)
    }
    if (!(value instanceof Promise)) return this.#done(call, value)
    value.then(
      (parsed) => this.#done(call, parsed),
      (error: unknown) => this.#fail(operation, call, error),
    )
  }

  #done(call: AnswerableCall, value: unknown): void {
    this.#end(call, undefined, undefined)
    call.answered(value)
  }

  /** On a stack of its own: handlers in a deep recursion may have used this one up, and telling of it takes some. */
  #failSoon(operation: Operation, call: AnswerableCall, thrown: unknown): void {
    queueMicrotask(() => void this.#fail(operation, call, thrown))
  }

  async #fail(operation: Operation, call: AnswerableCall, thrown: unknown): Promise<void> {
    const { error, cause } = isInstance(thrown, InvalidValue)
      ? { error: thrown.toServiceError(), cause: thrown }
      : await errorForCaller(operation, thrown)
    this.#end(call, error, cause)
    call.failed(error)
  }

  #end(call: Call, error: ServiceError | undefined, cause: unknown): void {
    if (this.#finished(call)) this.#observer.observe(new CallHandled(call, this.#platform, error, cause))
  }

  #begin(call: Call): void {
    call.running = true
    this.#running++
  }

  /** Counted once for each call that began, whatever is thrown on the way; false when it was. */
  #finished(call: Call): boolean {
    if (!call.running) return false
    call.running = false
    this.#running--
    if (this.#running === 0 && this.#idle.length > 0) for (const idle of this.#idle.splice(0)) idle()
    return true
  }
}

/** An observation whose duration is worked out only if somebody looks. */
class CallHandled {
  readonly kind = 'call-handled'
  readonly call: Call
  readonly error: ServiceError | undefined
  readonly cause: unknown
  readonly #platform: Platform

  constructor(call: Call, platform: Platform, error: ServiceError | undefined, cause: unknown) {
    this.call = call
    this.#platform = platform
    this.error = error
    this.cause = cause
  }

  get service(): string {
    return this.call.start.operation.service
  }

  get durationMs(): number {
    return this.#platform.monotonicMs() - this.call.start.startMs
  }
}

/** The items as the handler reads them; an operation that takes items gets none rather than nothing. */
function itemsFor(operation: Operation, items: AsyncIterable<unknown> | undefined): AsyncIterable<unknown> | undefined {
  const { clientStream } = operation.compiled
  return clientStream && parseItems(operation, clientStream, items ?? none())
}

async function* none(): AsyncGenerator<never> {}

function stopping(operation: Operation): ServiceError {
  return new ServiceError('unavailable', `${operation.service} is stopping.`, { mayHaveRun: false })
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return isRecord(value) && typeof value['then'] === 'function'
}
