import { isServiceError, type Items, type Observer, type Operation, ServiceError, delay } from '@holon/contract'
import { Call, type CallEnvironment } from './call.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { CallOrigin, Invoker } from './invoker.ts'
import { frozenIdentity } from './frozen-identity.ts'
import { watchItems } from './items.ts'
import type { LinkClient } from './link-client.ts'
import { callLocally, streamLocally } from './local-call.ts'
import { callOverLink, streamOverLink } from './remote-call.ts'
import { RetryBudget } from './retry-budget.ts'
import type { Router } from './router.ts'

/** Who makes a call: a service, or something outside of all services; and the call it answers meanwhile, if any. */
export interface Caller {
  readonly name: string
  readonly uses: ReadonlySet<string>
  readonly parent: Call | undefined
}

/** What one call needs besides its operation. */
export interface Outgoing {
  readonly input: unknown
  readonly items: Items<unknown> | undefined
  readonly origin: CallOrigin | undefined
}

/** At most this many tries of a call whose link is lost. */
const maxTries = 3

/**
 * The calling side of an instance: every call of a service or of the gateway begins here, and here it is decided
 * whether it stays in the process. Local and remote calls differ only in the last hop.
 */
export class Calls {
  readonly #environment: CallEnvironment
  readonly #dispatcher: Dispatcher
  readonly #router: Router
  readonly #observer: Observer
  readonly #budget: RetryBudget

  constructor(environment: CallEnvironment, parts: { dispatcher: Dispatcher; router: Router; observer: Observer }) {
    this.#environment = environment
    this.#dispatcher = parts.dispatcher
    this.#router = parts.router
    this.#observer = parts.observer
    this.#budget = new RetryBudget(environment.platform)
  }

  /** Calls an operation that answers with one value. */
  async call(caller: Caller, operation: Operation, outgoing: Outgoing): Promise<unknown> {
    const pending = this.#begin(caller, operation, outgoing.origin)
    let sourceError: { readonly error: unknown } | undefined
    const items = outgoing.items && watchItems(outgoing.items, pending.call, (error) => (sourceError = { error }))
    try {
      const bound = this.#dispatcher.get(operation.id)
      const answer = bound ? callLocally(this.#dispatcher, bound, pending.call, outgoing.input, items) : this.#callRemotely(pending.call, outgoing.input, items)
      const value = await answer
      pending.end(undefined)
      return value
    } catch (error) {
      pending.end(error)
      throw sourceError ? sourceError.error : error
    }
  }

  /** Calls an operation that answers with items; begins when the first is asked for. */
  async *stream(caller: Caller, operation: Operation, outgoing: Outgoing): AsyncGenerator<unknown> {
    const pending = this.#begin(caller, operation, outgoing.origin)
    let sourceError: { readonly error: unknown } | undefined
    const items = outgoing.items && watchItems(outgoing.items, pending.call, (error) => (sourceError = { error }))
    let outcome: unknown = new ServiceError('cancelled', `${operation.id} was cancelled by its caller.`)
    try {
      const bound = this.#dispatcher.get(operation.id)
      if (bound) yield* streamLocally(this.#dispatcher, bound, pending.call, outgoing.input, items)
      else yield* streamOverLink(await this.#link(pending.call), pending.call, outgoing.input, items)
      outcome = undefined
    } catch (error) {
      outcome = error
      throw sourceError ? sourceError.error : error
    } finally {
      // A reader that left early has given up: the handler's signal aborts.
      if (isServiceError(outcome)) pending.call.cancel(outcome)
      pending.end(outcome)
    }
  }

  /** An invoker for calls that no handler makes. */
  invoker(name: string, uses: readonly string[]): Invoker {
    const caller: Caller = { name, uses: new Set(uses), parent: undefined }
    return {
      call: (operation, input, origin, items) => this.call(caller, operation, { input, origin, items }),
      stream: (operation, input, origin, items) => this.stream(caller, operation, { input, origin, items }),
    }
  }

  #begin(caller: Caller, operation: Operation, origin: CallOrigin | undefined): Pending {
    if (!caller.uses.has(operation.service)) {
      throw new ServiceError('permission_denied', `${caller.name} does not declare to use ${operation.service}; add its contract to 'uses'.`, { mayHaveRun: false })
    }
    const { platform, spanIds } = this.#environment
    const startMs = platform.monotonicMs()
    const { parent } = caller
    const ownDeadlineMs = startMs + (origin?.timeoutMs ?? operation.compiled.timeoutMs)
    const deadlineMs = parent ? Math.min(parent.deadlineMs, ownDeadlineMs) : ownDeadlineMs
    const given = parent ? { traceId: parent.start.traceId, spanId: parent.spanId, sampled: parent.start.sampled } : origin?.trace
    const refusal = refusedBefore(operation, { parent, signal: origin?.signal, leftMs: deadlineMs - startMs })
    if (refusal) throw refusal
    const call = new Call(this.#environment, {
      operation,
      caller: caller.name,
      identity: parent ? parent.identity : frozenIdentity(origin?.identity),
      idempotencyKey: origin?.idempotencyKey,
      traceId: given?.traceId ?? spanIds.nextTrace(),
      spanId: undefined,
      parentSpanId: given?.spanId,
      sampled: given?.sampled ?? true,
      deadlineMs,
    })
    const unlink = linkCancellation(call, parent, origin?.signal)
    const remote = this.#dispatcher.get(operation.id) === undefined
    this.#budget.onCall()
    const end = (outcome: unknown): void => {
      unlink()
      call.settle()
      const error = outcome === undefined || isServiceError(outcome) ? outcome : new ServiceError('internal', `${operation.id} failed.`, { cause: outcome })
      this.#observer.observe({ kind: 'call-made', service: caller.name, call, durationMs: platform.monotonicMs() - startMs, error, remote })
    }
    return { call, end }
  }

  async #callRemotely(call: Call, input: unknown, items: Items<unknown> | undefined): Promise<unknown> {
    const { operation } = call.start
    for (let tries = 1; ; tries++) {
      const link = await this.#link(call)
      try {
        return await callOverLink(link, call, input, items)
      } catch (error) {
        const lost = isServiceError(error) && error.code === 'unavailable' && !link.open
        const safe = lost && (!error.mayHaveRun || operation.definition.kind === 'query')
        if (!safe || items !== undefined || tries === maxTries || !this.#budget.tryRetry()) throw error
        await delay(this.#environment.platform, 10 + this.#environment.platform.random() * 40 * tries, call.signal)
      }
    }
  }

  #link(call: Call): LinkClient | Promise<LinkClient> {
    const { operation } = call.start
    return this.#router.pick(operation) ?? this.#router.waitForLink(operation, call)
  }
}

interface Pending {
  readonly call: Call
  /** Settles the call; `outcome` is the error, undefined for success. */
  end(outcome: unknown): void
}

/** What makes a call pointless before it begins. */
function refusedBefore(operation: Operation, given: { parent: Call | undefined; signal: AbortSignal | undefined; leftMs: number }): ServiceError | undefined {
  const reason = given.parent?.reason
  if (reason) return new ServiceError(reason.code, reason.message, { mayHaveRun: false })
  if (given.signal?.aborted) return new ServiceError('cancelled', `${operation.id} was cancelled by its caller.`, { mayHaveRun: false, cause: given.signal.reason })
  if (given.leftMs <= 0) return new ServiceError('deadline_exceeded', `The deadline had passed before ${operation.id} was called.`, { mayHaveRun: false })
  return undefined
}

/** Makes the call end when its parent is cancelled or the caller's signal aborts. Returns what undoes this. */
function linkCancellation(call: Call, parent: Call | undefined, signal: AbortSignal | undefined): () => void {
  const offParent = parent?.onCancel((reason) => call.cancel(reason))
  if (signal === undefined) return offParent ?? (() => {})
  const abort = (): void => call.cancel(new ServiceError('cancelled', `${call.operation} was cancelled by its caller.`, { cause: signal.reason }))
  signal.addEventListener('abort', abort, { once: true })
  return () => {
    offParent?.()
    signal.removeEventListener('abort', abort)
  }
}
