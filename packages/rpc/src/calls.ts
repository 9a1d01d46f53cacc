import {
  copyPlain,
  delay,
  type Identity,
  type Items,
  type Observer,
  type Operation,
  ServiceError,
  travelIssue,
} from '@holon/contract'

import { type Call, type CallEnvironment, type CallStart, givenUp } from './call.ts'
import { refusedToTravel } from './checked-values.ts'
import { JsonText } from './codec/json-codec.ts'
import type { Dispatcher } from './dispatcher.ts'
import { frozenIdentity } from './frozen-identity.ts'
import type { CallOrigin, Invoker, JsonReply, OutsideTrace } from './invoker.ts'
import { type CallerSide, OutgoingCall, type OutgoingParts } from './outgoing-call.ts'
import { OutgoingStream } from './outgoing-stream.ts'
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
  /** The answer is wanted as JSON text where that spares decoding it. Then nobody changes the input afterwards, either. */
  readonly json?: boolean
}

/** At most this many tries of a call whose link is lost. */
const maxTries = 3

/**
 * The calling side of an instance: every call of a service or of the gateway begins here, and here it is decided
 * whether it stays in the process. Local and remote calls differ only in the last hop.
 */
export class Calls implements CallerSide {
  readonly observer: Observer
  readonly #environment: CallEnvironment
  readonly #dispatcher: Dispatcher
  readonly #router: Router
  readonly #budget: RetryBudget

  constructor(environment: CallEnvironment, parts: { dispatcher: Dispatcher; router: Router; observer: Observer }) {
    this.#environment = environment
    this.#dispatcher = parts.dispatcher
    this.#router = parts.router
    this.observer = parts.observer
    this.#budget = new RetryBudget(environment.platform)
  }

  /** Calls an operation that answers with one value. The input is taken before this returns. */
  call(caller: Caller, operation: Operation, outgoing: Outgoing): Promise<unknown> {
    const start = this.#start(caller, operation, outgoing, 'value')
    if (start instanceof ServiceError) return Promise.reject(start)
    return new Promise((resolve, reject) => void this.#begin(caller, start, outgoing, [resolve, reject]))
  }

  /** Makes a call and returns it; `settle` has been called before that where the answer took no wait. */
  #begin(
    caller: Caller,
    start: CallStart,
    outgoing: Outgoing,
    settle: readonly [resolve: (value: unknown) => void, reject: (error: unknown) => void],
  ): OutgoingCall {
    const { operation } = start
    const { origin, json = false } = outgoing
    const bound = this.#dispatcher.get(operation.id)
    const link = bound ? undefined : this.#router.pick(operation)
    // What waits for a link, or may be sent again, must not see what the caller does to its input meanwhile.
    const later = !json && !bound && (!link || operation.definition.kind === 'query')
    const input = later ? copyPlain(outgoing.input) : outgoing.input
    const parts: OutgoingParts = {
      parent: caller.parent,
      signal: origin?.signal,
      input,
      items: itemsOf(operation, outgoing),
      remote: bound === undefined,
      json,
    }
    const call = new OutgoingCall(this.#environment, start, this, parts)
    call.settleWith(settle[0], settle[1])
    if (bound) this.#dispatcher.answer(bound, call, { input, items: call.localItems() }, call)
    else if (link) call.sendOver(link)
    else this.#sendLater(call)
    return call
  }

  /** A call whose answer is wanted as JSON. */
  #callForJson(caller: Caller, operation: Operation, outgoing: Outgoing, reply: JsonReply): Pick<Call, 'cancel'> {
    const start = this.#start(caller, operation, outgoing, 'value')
    if (start instanceof ServiceError) {
      reply.failed(start)
      return { cancel: () => {} }
    }
    const answered = (answer: unknown): void => {
      let json: string | Uint8Array | undefined
      try {
        json = answer instanceof JsonText ? answer.bytes : JSON.stringify(answer)
      } catch (cause) {
        return reply.failed(new ServiceError('internal', `The answer of ${operation.id} is no JSON.`, { cause }))
      }
      reply.answered(json)
    }
    return this.#begin(caller, start, outgoing, [answered, (error) => reply.failed(error as ServiceError)])
  }

  /** Calls an operation that answers with items; begins when the first is asked for. */
  stream(caller: Caller, operation: Operation, outgoing: Outgoing): AsyncIterableIterator<unknown> {
    return new OutgoingStream(this.#environment, {
      observer: this.observer,
      dispatcher: this.#dispatcher,
      router: this.#router,
      start: () => this.#start(caller, operation, outgoing, 'items'),
      operation,
      parent: caller.parent,
      signal: outgoing.origin?.signal,
      input: outgoing.input,
      items: itemsOf(operation, outgoing),
    })
  }

  /** An invoker for calls that no handler makes. */
  invoker(name: string, uses: readonly string[]): Invoker {
    const caller: Caller = { name, uses: new Set(uses), parent: undefined }
    return {
      call: (operation, input, origin, items) => this.call(caller, operation, { input, origin, items }),
      callForJson: (operation, input, origin, reply) =>
        this.#callForJson(caller, operation, { input, items: undefined, origin, json: true }, reply),
      stream: (operation, input, origin, items) => this.stream(caller, operation, { input, origin, items }),
    }
  }

  retry(call: OutgoingCall, error: ServiceError): boolean {
    const safe = !error.mayHaveRun || call.start.operation.definition.kind === 'query'
    if (!safe || call.parts.items !== undefined || call.tries >= maxTries || !this.#budget.tryRetry()) return false
    const { platform } = this.#environment
    delay(platform, 10 + platform.random() * 40 * call.tries).then(
      () => this.#sendLater(call),
      () => {},
    )
    return true
  }

  #sendLater(call: OutgoingCall): void {
    this.#router.waitForLink(call.start.operation, call).then(
      (link) => call.sendOver(link),
      (error: ServiceError) => call.failed(error),
    )
  }

  /** What is known of a call before it is made, or why it cannot be. */
  #start(
    caller: Caller,
    operation: Operation,
    { input, origin }: Outgoing,
    answer: 'value' | 'items',
  ): CallStart | ServiceError {
    if (!caller.uses.has(operation.service)) {
      return new ServiceError(
        'permission_denied',
        `${caller.name} does not declare to use ${operation.service}; add its contract to 'uses'.`,
        { mayHaveRun: false },
      )
    }
    const { parent } = caller
    const { platform, traceIds } = this.#environment
    const startMs = platform.monotonicMs()
    const ownDeadlineMs = startMs + (origin?.timeoutMs ?? operation.compiled.timeoutMs)
    const deadlineMs = earlierDeadline(parent, ownDeadlineMs)
    const ownIdentity = parent ? undefined : origin?.identity
    const refusal =
      refusedBefore(operation, { parent, signal: origin?.signal, leftMs: deadlineMs - startMs }) ??
      misused(operation, answer) ??
      untravelable(operation, input, ownIdentity)
    if (refusal) return refusal
    this.#budget.onCall()
    const before = parent?.start ?? outsideTrace(origin)
    return {
      operation,
      caller: caller.name,
      identity: parent ? parent.start.identity : frozenIdentity(ownIdentity),
      idempotencyKey: origin?.idempotencyKey,
      traceId: before.traceId ?? traceIds.nextTrace(),
      spanHigh: traceIds.spanPrefix,
      spanLow: traceIds.nextSpan(),
      parentHigh: before.spanHigh,
      parentLow: before.spanLow,
      sampled: before.sampled,
      startMs,
      deadlineMs,
    }
  }
}

function earlierDeadline(parent: Call | undefined, ownDeadlineMs: number): number {
  return parent !== undefined && parent.deadlineMs < ownDeadlineMs ? parent.deadlineMs : ownDeadlineMs
}

/** No trace id: a new trace begins. */
const untraced: Omit<OutsideTrace, 'traceId'> & { readonly traceId: undefined } = {
  traceId: undefined,
  spanHigh: 0,
  spanLow: 0,
  sampled: true,
}

function outsideTrace(origin: CallOrigin | undefined): OutsideTrace | typeof untraced {
  return origin?.trace ?? untraced
}

/** What makes a call pointless before it begins. */
function refusedBefore(
  operation: Operation,
  given: { parent: Call | undefined; signal: AbortSignal | undefined; leftMs: number },
): ServiceError | undefined {
  const reason = given.parent?.reason
  if (reason) return new ServiceError(reason.code, reason.message, { mayHaveRun: false })
  if (given.signal?.aborted) return givenUp(operation, 'cancelled', { mayHaveRun: false, cause: given.signal.reason })
  if (given.leftMs <= 0)
    return new ServiceError('deadline_exceeded', `The deadline had passed before ${operation.id} was called.`, {
      mayHaveRun: false,
    })
  if (Number.isNaN(given.leftMs))
    return new ServiceError('invalid_argument', `The timeoutMs of the call to ${operation.id} is no number.`, {
      mayHaveRun: false,
    })
  return undefined
}

/** Only plain data leaves its service, in every placement. */
function untravelable(operation: Operation, input: unknown, identity: Identity | undefined): ServiceError | undefined {
  const issue = travelIssue(input)
  if (issue) return refusedToTravel(`The input of ${operation.id}`, issue)
  const identityIssue = identity && travelIssue(identity)
  return identityIssue && refusedToTravel('The identity of the call', identityIssue)
}

/** A call made with the wrong one of `call` and `stream`: over a link it would confuse the peer. */
function misused({ id, compiled }: Operation, answer: 'value' | 'items'): ServiceError | undefined {
  const actual = compiled.serverStream === undefined ? 'value' : 'items'
  if (actual === answer) return undefined
  const remedy = actual === 'items' ? 'answers with items: use stream' : 'answers with one value: use call'
  return new ServiceError('unimplemented', `${id} ${remedy}.`, { mayHaveRun: false })
}

/** The caller's items, for an operation that takes some. */
function itemsOf({ compiled }: Operation, { items }: Outgoing): Items<unknown> | undefined {
  return compiled.clientStream && (items ?? [])
}
