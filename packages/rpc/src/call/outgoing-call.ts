import { type Items, type Observer, type Operation, ServiceError, travelIssue } from '@holon/contract'

import type { Codec } from '../codec/codec.ts'
import { ItemPump } from '../items/item-pump.ts'
import { isItemsFailure, itemsFailure } from '../items/items-failure.ts'
import { sourceOf } from '../items/items.ts'
import { LocalItems } from '../items/local-items.ts'
import type { LinkClient } from '../link/link-client.ts'
import { Call, type CallEnvironment, type CallStart, type GivingUp } from './call.ts'
import { refusedToTravel } from './checked-values.ts'
import type { AnswerableCall, BoundOperation } from './dispatcher.ts'
import type { Exchange } from './exchange.ts'
import { notSent } from './giving-up.ts'

/** What an outgoing call needs of the side that makes it. */
export interface CallerSide {
  readonly observer: Observer
  /** Sends the call again after its link was lost, or gives the error that it must fail with. */
  repeat(call: OutgoingCall, error: ServiceError): ServiceError | undefined
}

/** What a call is made with besides its {@link CallStart}. */
export interface OutgoingParts {
  readonly parent: Call | undefined
  readonly signal: AbortSignal | undefined
  readonly input: unknown
  /** Whether the input is a validated copy already. */
  readonly inputChecked: boolean
  readonly items: Items<unknown> | undefined
  /** What answers it in this process; undefined when it leaves the process. */
  readonly bound: BoundOperation | undefined
  /** The link to send it over; undefined when it has to wait for one. */
  readonly link: LinkClient | undefined
  /** The answer is wanted as JSON text where that spares decoding it. */
  readonly json: boolean
}

/**
 * A call that answers with one value, seen from its caller: the promise the caller waits for, and on a link the
 * exchange of frames. One object carries all of it, because every call makes one.
 */
export class OutgoingCall extends Call implements Exchange, AnswerableCall {
  readonly parts: OutgoingParts
  tries = 0
  /** Whether a link was lost while it was running at the other end. */
  lost = false
  answerCodec: Codec | undefined = undefined
  agrees = false
  readonly #side: CallerSide
  #resolve: (value: unknown) => void = ignore
  #reject: (error: unknown) => void = ignore
  #link: LinkClient | undefined = undefined
  #id = 0
  #pump: ItemPump | undefined = undefined
  #local: LocalItems | undefined = undefined
  /** What the source of the caller's items threw: the caller gets it if the handler has read that far. */
  #sourceError: { readonly error: unknown } | undefined = undefined
  #abort: (() => void) | undefined = undefined

  constructor(environment: CallEnvironment, start: CallStart, side: CallerSide, parts: OutgoingParts) {
    super(environment, start)
    this.#side = side
    this.parts = parts
    parts.parent?.addChild(this)
    const { signal } = parts
    if (signal === undefined) return
    this.#abort = () => this.cancel('cancelled')
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  get json(): boolean {
    return this.parts.json
  }

  get input(): unknown {
    return this.parts.input
  }

  get inputChecked(): boolean {
    return this.parts.inputChecked
  }

  /** Who waits for the answer; told before the call is sent. */
  settleWith(resolve: (value: unknown) => void, reject: (error: unknown) => void): void {
    this.#resolve = resolve
    this.#reject = reject
  }

  /** Milliseconds since the call began. */
  elapsedMs(): number {
    return this.environment.platform.monotonicMs() - this.start.startMs
  }

  /** Sends the call over a link. */
  sendOver(link: LinkClient): void {
    if (!this.open) return
    this.tries++
    const { input, items } = this.parts
    try {
      this.#id = link.begin(this, input, this, items !== undefined)
    } catch (error) {
      return this.failed(notSent(this.operation, error))
    }
    this.#link = link
    if (items) this.#sendItems(link, items)
  }

  /** The caller's items, for a handler of this process. */
  readItems(): AsyncIterable<unknown> | undefined {
    const { items } = this.parts
    return items && (this.#local = localItems(items, this.start.operation, (error) => (this.#sourceError = { error })))
  }

  answered(value: unknown): void {
    if (this.settle()) this.#over(undefined, value)
  }

  failed(error: ServiceError): void {
    if (this.settle()) this.#over(error, undefined)
  }

  onResponse(value: unknown): void {
    const { output } = this.start.operation.compiled
    if (this.agrees || output === undefined) return this.answered(value)
    try {
      const parsed = output.parse(value)
      if (!(parsed instanceof Promise))
        return parsed.issues
          ? this.failed(refusedAnswer(this.start.operation, parsed.issues))
          : this.answered(parsed.value)
      parsed.then(
        (later) =>
          later.issues ? this.failed(refusedAnswer(this.start.operation, later.issues)) : this.answered(later.value),
        (error: unknown) => this.failed(refusedAnswer(this.start.operation, [], error)),
      )
    } catch (error) {
      this.failed(refusedAnswer(this.start.operation, [], error))
    }
  }

  onError(error: ServiceError): void {
    const lost = error.code === 'unavailable' && this.open && this.#link?.open === false
    const told = lost ? this.#side.repeat(this, error) : error
    if (told) this.failed(told)
  }

  onItem(): void {
    this.#link?.abandon(this.#id, this, 'cancelled')
    this.failed(otherKind(this.start.operation))
  }

  onEnd(): void {
    this.failed(otherKind(this.start.operation))
  }

  onCredit(count: number): void {
    this.#pump?.grant(count)
  }

  protected override onCancelled({ code, message }: ServiceError): void {
    // A call is cancelled with one of these codes only.
    this.#link?.abandon(this.#id, this, code as GivingUp)
    // Still waiting for a link: nothing was sent, so nothing can have run.
    const mayHaveRun = this.parts.bound !== undefined || this.#link !== undefined
    const { signal } = this.parts
    this.#over(
      new ServiceError(code, message, { mayHaveRun, ...(signal?.aborted && { cause: signal.reason }) }),
      undefined,
    )
  }

  #over(error: ServiceError | undefined, value: unknown): void {
    const { parent, signal } = this.parts
    parent?.removeChild(this)
    if (this.#abort) signal?.removeEventListener('abort', this.#abort)
    this.#pump?.stop()
    this.#local?.release(this.reason)
    try {
      this.#side.observer.observe(new CallMade(this, error))
    } finally {
      // Whoever waits is told, whatever is thrown on the way.
      if (error === undefined) this.#resolve(value)
      else
        this.#reject(this.#sourceError && isItemsFailure(error, this.start.operation) ? this.#sourceError.error : error)
    }
  }

  #sendItems(link: LinkClient, items: Items<unknown>): void {
    const pump = (this.#pump = new ItemPump())
    const id = this.#id
    const codec = this.agrees ? this.environment.codecs.get(this.start.operation, 'clientStream') : undefined
    const send = (item: unknown): void => {
      checkItem(this.operation, item)
      if (link.waits(id, this)) link.sendItem(id, item, codec)
    }
    pump
      .run(() => sourceOf(items), send)
      .then(
        (how) => how === 'ended' && link.waits(id, this) && link.sendEnd(id, 'done'),
        // The handler hears of it when it has read the items before, as it would in the same process.
        (error: unknown) => {
          this.#sourceError = { error }
          if (link.waits(id, this)) link.sendEnd(id, 'broken')
        },
      )
  }
}

function ignore(): void {}

/** An observation whose duration is worked out only if somebody looks. */
class CallMade {
  readonly kind = 'call-made'
  readonly call: OutgoingCall
  readonly error: ServiceError | undefined

  constructor(call: OutgoingCall, error: ServiceError | undefined) {
    this.call = call
    this.error = error
  }

  get service(): string {
    return this.call.start.caller
  }

  get durationMs(): number {
    return this.call.elapsedMs()
  }

  get remote(): boolean {
    return this.call.parts.bound === undefined
  }
}

/** The caller's items as a handler of this process reads them. */
export function localItems(items: Items<unknown>, operation: Operation, onError: (error: unknown) => void): LocalItems {
  const failed = (error: unknown): ServiceError => {
    onError(error)
    return itemsFailure(operation)
  }
  return new LocalItems(items, (item) => checkItem(operation.id, item), failed)
}

/** @throws ServiceError where an item of the caller cannot travel. */
export function checkItem(operation: string, item: unknown): void {
  const issue = travelIssue(item)
  if (issue) throw refusedToTravel(`An item sent to ${operation}`, issue)
}

/** The peer runs a version of the contract in which the operation is of another kind. */
export function otherKind(operation: Operation): ServiceError {
  return new ServiceError(
    'unimplemented',
    `The running ${operation.service} answers ${operation.id} in another way than this caller's version of the contract says; deploy versions that match.`,
  )
}

type Issues = NonNullable<ServiceError['issues']>

/** The peer runs another version of the contract, and its answer does not fit this caller's. */
export function refusedAnswer(operation: Operation, issues: Issues, cause?: unknown): ServiceError {
  const { path, message } = issues[0] ?? { path: [], message: 'it cannot be checked' }
  return new ServiceError(
    'internal',
    `${operation.id} answered with a value that this caller's version of the contract refuses: ${[path.join('.'), message].filter(Boolean).join(': ')}.`,
    { cause },
  )
}
