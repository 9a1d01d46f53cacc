import { type CallContext, type Identity, type Operation, type Platform, ServiceError, type TraceContext } from '@holon/contract'
import type { DeadlineWheel, Expiring } from './deadline-wheel.ts'
import type { SpanIds } from './span-ids.ts'

/** What the calls of one instance share. */
export interface CallEnvironment {
  readonly platform: Platform
  readonly wheel: DeadlineWheel
  readonly spanIds: SpanIds
}

/** What is known of a call when it begins. */
export interface CallStart {
  readonly operation: Operation
  readonly caller: string
  readonly identity: Identity | undefined
  readonly idempotencyKey: string | undefined
  readonly traceId: string
  /** Undefined: one is made when first asked for. */
  readonly spanId: string | undefined
  readonly parentSpanId: string | undefined
  readonly sampled: boolean
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
  previous: Expiring | undefined = undefined
  next: Expiring | undefined = undefined
  readonly #environment: CallEnvironment
  #state: 'open' | 'settled' | 'cancelled' = 'open'
  #reason: ServiceError | undefined
  #controller: AbortController | undefined
  #spanId: string | undefined
  #listeners: Set<(reason: ServiceError) => void> | undefined

  constructor(environment: CallEnvironment, start: CallStart) {
    this.#environment = environment
    this.start = start
    this.deadlineMs = start.deadlineMs
    this.#spanId = start.spanId
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

  get spanId(): string {
    return (this.#spanId ??= this.#environment.spanIds.next())
  }

  get trace(): TraceContext {
    const { traceId, parentSpanId, sampled } = this.start
    return { traceId, spanId: this.spanId, sampled, ...(parentSpanId !== undefined && { parentSpanId }) }
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#reason) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Why it was cancelled; undefined while it was not. */
  get reason(): ServiceError | undefined {
    return this.#reason
  }

  remainingMs(): number {
    return Math.max(0, this.deadlineMs - this.#environment.platform.monotonicMs())
  }

  /** Calls `listener` when the call is cancelled, at once if it already is. Returns what takes the listener back. */
  onCancel(listener: (reason: ServiceError) => void): () => void {
    if (this.#state === 'cancelled') listener(this.#reason as ServiceError)
    if (this.#state !== 'open') return () => {}
    const listeners = (this.#listeners ??= new Set())
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  /** Called when the answer is there; from now on nothing can cancel it. */
  settle(): void {
    if (this.#state !== 'open') return
    this.#state = 'settled'
    this.#environment.wheel.remove(this)
    this.#listeners = undefined
  }

  /** Gives up. Idempotent; without effect on a settled call. */
  cancel(reason: ServiceError): void {
    if (this.#state !== 'open') return
    this.#state = 'cancelled'
    this.#reason = reason
    this.#environment.wheel.remove(this)
    const listeners = this.#listeners
    this.#listeners = undefined
    this.#controller?.abort(reason)
    for (const listener of listeners ?? []) listener(reason)
  }

  expire(): void {
    this.cancel(new ServiceError('deadline_exceeded', `${this.operation} did not answer before its deadline.`))
  }
}
