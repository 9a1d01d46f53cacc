import {
  type Backoff,
  backoffMs,
  delay,
  type Items,
  type Observer,
  type Operation,
  ServiceError,
  travelIssue,
  unsure,
} from '@holon/contract'

import type { Router } from '../link/router.ts'
import { RetryBudget } from '../resilience/retry-budget.ts'
import { JsonText } from '../wire/json-text.ts'
import { lostTwice, misused, passed, pointless, tooDeep, undeclared } from './call-refusals.ts'
import type { Call, CallEnvironment, CallStart } from './call.ts'
import type { CallerRoles } from './caller-roles.ts'
import { refusedToTravel } from './checked-values.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { CallOrigin, Invoker, JsonReply, OutsideTrace } from './invoker.ts'
import { type CallerSide, OutgoingCall } from './outgoing-call.ts'
import { OutgoingStream } from './outgoing-stream.ts'
import { checkedCopy, takenIdentity, takenInput } from './taken-input.ts'

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

/** At most this many tries of a call whose link is lost; of one that was running then, two. */
const maxTries = 3
const tryingAgain: Backoff = { firstMs: 50, longestMs: 100 }

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
  readonly #roles: CallerRoles

  constructor(
    environment: CallEnvironment,
    parts: { dispatcher: Dispatcher; router: Router; observer: Observer; roles: CallerRoles },
  ) {
    this.#environment = environment
    this.#roles = parts.roles
    this.#dispatcher = parts.dispatcher
    this.#router = parts.router
    this.observer = parts.observer
    this.#budget = new RetryBudget(environment.platform)
  }

  /** Calls an operation that answers with one value. The input is taken before this returns. */
  call(caller: Caller, operation: Operation, outgoing: Outgoing): Promise<unknown> {
    const call = this.#create(caller, operation, outgoing)
    if (call instanceof ServiceError) return Promise.reject(call)
    return new Promise((resolve, reject) => {
      call.settleWith(resolve, reject)
      this.#send(call)
    })
  }

  /** The call, not sent yet; or why it cannot be made. */
  #create(caller: Caller, operation: Operation, outgoing: Outgoing): OutgoingCall | ServiceError {
    const start = this.#start(caller, operation, outgoing.origin, 'value')
    if (start instanceof ServiceError) return start
    const { input: given, origin, json = false } = outgoing
    const bound = this.#dispatcher.get(operation.id)
    const refusal = this.#roles.refusal(caller.name, bound)
    if (refusal) return refusal
    const link = bound ? undefined : this.#router.pick(operation)
    // What waits for a link, or may be sent again, must not see what the caller does to its input meanwhile.
    const keeps = !bound && !json && (!link || operation.definition.kind === 'query')
    // Where the same contract answers, its compiled check finds in one pass that the input can travel, and copies it.
    const sameContract = bound !== undefined || (keeps && link?.agrees(operation) === true)
    const copy = sameContract ? checkedCopy(operation, given) : unsure
    const checked = copy !== unsure
    const input = checked ? copy : takenInput(operation, given, keeps)
    if (input instanceof ServiceError) return input
    this.#budget.onCall()
    return new OutgoingCall(this.#environment, start, this, {
      parent: caller.parent,
      signal: origin?.signal,
      input,
      inputChecked: checked,
      items: itemsOf(operation, outgoing),
      bound,
      link,
      json,
    })
  }

  /** Like {@link #create}; JSON text is read by whoever runs the service: here, or at the other end of the link. */
  #createFromJson(caller: Caller, operation: Operation, outgoing: Outgoing): OutgoingCall | ServiceError {
    const { input } = outgoing
    if (!(input instanceof JsonText) || !this.#dispatcher.get(operation.id))
      return this.#create(caller, operation, outgoing)
    try {
      return this.#create(caller, operation, { ...outgoing, input: input.parse() })
    } catch (error) {
      return error as ServiceError // parsing throws nothing else, and #create nothing
    }
  }

  /** Sends a call; it may be settled when this returns. */
  #send(call: OutgoingCall): void {
    const { bound, link } = call.parts
    if (bound) this.#dispatcher.answer(bound, call)
    else if (link) call.sendOver(link)
    else this.#sendLater(call)
  }

  /** A call whose answer is wanted as JSON. */
  #callForJson(caller: Caller, operation: Operation, outgoing: Outgoing, reply: JsonReply): Pick<Call, 'cancel'> {
    const call = this.#createFromJson(caller, operation, outgoing)
    if (call instanceof ServiceError) {
      reply.failed(call)
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
    // Anything else is thrown only by items of the caller, and here are none.
    call.settleWith(answered, (error) => reply.failed(error as ServiceError))
    this.#send(call)
    return call
  }

  /** Calls an operation that answers with items; begins when the first is asked for. */
  stream(caller: Caller, operation: Operation, outgoing: Outgoing): AsyncIterableIterator<unknown> {
    return new OutgoingStream(this.#environment, {
      observer: this.observer,
      dispatcher: this.#dispatcher,
      router: this.#router,
      start: () => {
        const start = this.#start(caller, operation, outgoing.origin, 'items')
        if (start instanceof ServiceError) return start
        const refusal = this.#roles.refusal(caller.name, this.#dispatcher.get(operation.id))
        const issue = travelIssue(outgoing.input)
        return refusal ?? (issue ? refusedToTravel(`The input of ${operation.id}`, issue) : start)
      },
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

  repeat(call: OutgoingCall, error: ServiceError): ServiceError | undefined {
    if (error.mayHaveRun) {
      if (call.start.operation.definition.kind !== 'query') return error
      // It may be what ended the process: then each further try would end another one.
      if (call.lost) return lostTwice(call.start.operation)
      call.lost = true
    }
    if (call.parts.items !== undefined || call.tries >= maxTries || !this.#budget.tryRetry()) return error
    const { platform } = this.#environment
    delay(platform, backoffMs(platform, call.tries, tryingAgain)).then(
      () => this.#sendLater(call),
      () => {},
    )
    return undefined
  }

  #sendLater(call: OutgoingCall): void {
    this.#router.waitForLink(call.start.operation, call).then(
      (link) => call.sendOver(link),
      (error: ServiceError) => call.failed(error),
    )
  }

  /** What is known of a call before it is made, or why it cannot be. */
  #start(
    { name, uses, parent }: Caller,
    operation: Operation,
    origin: CallOrigin | undefined,
    answer: 'value' | 'items',
  ): CallStart | ServiceError {
    if (!uses.has(operation.service)) return undeclared(name, operation)
    const { platform, traceIds } = this.#environment
    const startMs = platform.monotonicMs()
    const depth = depthBelow(parent)
    const deadlineMs = deadlineOf(parent, startMs + (origin?.timeoutMs ?? operation.compiled.timeoutMs))
    const refusal =
      pointless(operation, parent?.reason, origin?.signal) ??
      passed(operation, deadlineMs - startMs) ??
      tooDeep(operation, depth) ??
      misused(operation, answer)
    if (refusal) return refusal
    const identity = parent ? parent.start.identity : takenIdentity(origin)
    if (identity instanceof ServiceError) return identity
    const before = parent?.start ?? outsideTrace(origin)
    return {
      operation,
      caller: name,
      identity,
      idempotencyKey: origin?.idempotencyKey,
      traceId: before.traceId ?? traceIds.nextTrace(),
      spanHigh: traceIds.spanPrefix,
      spanLow: traceIds.nextSpan(),
      parentHigh: before.spanHigh,
      parentLow: before.spanLow,
      sampled: before.sampled,
      depth,
      startMs,
      deadlineMs,
    }
  }
}

function depthBelow(parent: Call | undefined): number {
  return parent === undefined ? 0 : parent.start.depth + 1
}

function deadlineOf(parent: Call | undefined, ownDeadlineMs: number): number {
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

/** The caller's items, for an operation that takes some. */
function itemsOf({ compiled }: Operation, { items }: Outgoing): Items<unknown> | undefined {
  return compiled.clientStream && (items ?? [])
}
