import {
  type CallContext,
  type Identity,
  type Operation,
  type Platform,
  ServiceError,
  type ServiceErrorOptions,
  type TraceContext,
} from '@holon/contract'

import type { OperationCodecs } from '../codec/operation-codecs.ts'
import type { DeadlineWheel, Expiring } from './deadline-wheel.ts'
import { hex, type TraceId, type TraceIds } from './trace-ids.ts'

/** Why a call ends without an answer: its caller gave up, its deadline passed, or its instance stops. */
export type GivingUp = 'cancelled' | 'deadline_exceeded' | 'unavailable'

const sentences: { readonly [W in GivingUp]: string } = {
  cancelled: 'was cancelled by its caller',
  deadline_exceeded: 'did not answer before its deadline',
  unavailable: 'was still running when its instance stopped',
}

/** The error of a call that was given up. */
export function givenUp(operation: Operation, why: GivingUp, options: ServiceErrorOptions = {}): ServiceError {
  return new ServiceError(why, `${operation.id} ${sentences[why]}.`, options)
}

/** What the calls of one instance share. */
export interface CallEnvironment {
  readonly platform: Platform
  readonly wheel: DeadlineWheel
  readonly traceIds: TraceIds
  readonly codecs: OperationCodecs
}

/** What is known of a call when it begins. */
export interface CallStart {
  readonly operation: Operation
  readonly caller: string
  readonly identity: Identity | undefined
  readonly idempotencyKey: string | undefined
  readonly traceId: TraceId
  /** Halves of the span id of this call, and of the call that made it (both 0: none). */
  readonly spanHigh: number
  readonly spanLow: number
  readonly parentHigh: number
  readonly parentLow: number
  readonly sampled: boolean
  /** How many calls it is made on behalf of, one on behalf of the other. */
  readonly depth: number
  /** On the monotonic clock. */
  readonly startMs: number
  /** On the monotonic clock; Infinity: none. */
  readonly deadlineMs: number
}

/**
 * One call, from its start until it is settled; on the called side it is the context that the handler sees. In process
 * caller and callee share this object; over a link each side has its own.
 *
 * open → settled (answered) or open → cancelled (by the caller, the deadline, or a lost link). Cancelling spreads to
 * the calls made on its behalf, so that work nobody waits for stops everywhere.
 */
export class Call implements CallContext, Expiring {
  readonly start: CallStart
  readonly deadlineMs: number
  /** Whether a handler is at it. The dispatcher's. */
  running = false
  previous: Expiring | undefined = undefined
  next: Expiring | undefined = undefined
  protected readonly environment: CallEnvironment
  #state: 'open' | 'settled' | 'cancelled' = 'open'
  #reason: ServiceError | undefined = undefined
  #controller: AbortController | undefined = undefined
  /** The last call made on behalf of this one that still runs; the others hang on it, newest first. */
  #youngest: Call | undefined = undefined
  #older: Call | undefined = undefined
  #younger: Call | undefined = undefined

  constructor(environment: CallEnvironment, start: CallStart) {
    this.environment = environment
    this.start = start
    this.deadlineMs = start.deadlineMs
    environment.wheel.add(this)
  }

  get operation(): string {
    return this.start.operation.id
  }

  get caller(): string {
    return this.start.caller
  }

  get identity(): Identity | undefined {
    return this.start.identity
  }

  get idempotencyKey(): string | undefined {
    return this.start.idempotencyKey
  }

  get trace(): TraceContext {
    const { traceId, spanHigh, spanLow, parentHigh, parentLow, sampled } = this.start
    const parent = (parentHigh | parentLow) !== 0 ? { parentSpanId: hex(parentHigh) + hex(parentLow) } : undefined
    return { traceId: traceId.toString(), spanId: hex(spanHigh) + hex(spanLow), ...parent, sampled }
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Whether nothing has ended it yet. */
  get open(): boolean {
    return this.#state === 'open'
  }

  /** Why it was cancelled; undefined while it was not. */
  get reason(): ServiceError | undefined {
    return this.#reason
  }

  remainingMs(): number {
    return Math.max(0, this.deadlineMs - this.environment.platform.monotonicMs())
  }

  /** A call made on behalf of this one, cancelled with it until it is {@link removeChild removed}. */
  addChild(child: Call): void {
    const older = this.#youngest
    child.#older = older
    if (older) older.#younger = child
    this.#youngest = child
  }

  /** Idempotent. */
  removeChild(child: Call): void {
    const older = child.#older
    const younger = child.#younger
    if (older) older.#younger = younger
    if (younger) younger.#older = older
    else if (this.#youngest === child) this.#youngest = older
    child.#older = child.#younger = undefined
  }

  /** Takes all children out, oldest first. */
  #takeChildren(): readonly Call[] {
    const children: Call[] = []
    for (let child = this.#youngest; child; child = child.#older) children.push(child)
    for (const child of children) this.removeChild(child)
    return children.toReversed()
  }

  /** The answer is there; from now on nothing can cancel the call. False when it had ended already. */
  settle(): boolean {
    if (this.#state !== 'open') return false
    this.#state = 'settled'
    this.environment.wheel.remove(this)
    return true
  }

  /** Gives up. Idempotent; without effect on a settled call. */
  cancel(why: GivingUp): void {
    if (this.#state !== 'open') return
    this.#state = 'cancelled'
    // Worded by each call for itself: one Error that several services hold would be shared between them.
    const reason = givenUp(this.start.operation, why)
    this.#reason = reason
    this.environment.wheel.remove(this)
    this.#controller?.abort(reason)
    if (this.#youngest) for (const child of this.#takeChildren()) child.cancel(why)
    this.onCancelled(reason)
  }

  expire(): void {
    this.cancel('deadline_exceeded')
  }

  abandon(): void {
    this.cancel('unavailable')
  }

  /** What a kind of call does when it is cancelled. */
  protected onCancelled(_reason: ServiceError): void {}
}
