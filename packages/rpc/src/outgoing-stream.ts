import { isServiceError, type Items, type Observer, type Operation, ServiceError } from '@holon/contract'
import { Call, type CallEnvironment, type CallStart } from './call.ts'
import type { BoundOperation, Dispatcher } from './dispatcher.ts'
import { initialCredit, ProtocolViolation } from './frames.ts'
import { ItemPump } from './item-pump.ts'
import { ItemQueue } from './item-queue.ts'
import { toAsync, watchItems } from './items.ts'
import type { Exchange, LinkClient } from './link-client.ts'
import { cancelled, refusedAnswer } from './outgoing-call.ts'
import type { Router } from './router.ts'

export interface OutgoingStreamParts {
  readonly observer: Observer
  readonly dispatcher: Dispatcher
  readonly router: Router
  readonly start: () => CallStart | ServiceError
  readonly operation: Operation
  readonly parent: Call | undefined
  readonly signal: AbortSignal | undefined
  readonly input: unknown
  readonly items: Items<unknown> | undefined
}

/** A call that can be watched for its cancellation. */
class StreamCall extends Call {
  whenCancelled: ((reason: ServiceError) => void) | undefined = undefined

  protected override onCancelled(reason: ServiceError): void {
    this.whenCancelled?.(reason)
  }
}

/** A call that answers with items, seen from its caller. It begins when the first item is asked for. */
export class OutgoingStream {
  readonly #environment: CallEnvironment
  readonly #parts: OutgoingStreamParts
  #sourceError: { readonly error: unknown } | undefined

  constructor(environment: CallEnvironment, parts: OutgoingStreamParts) {
    this.#environment = environment
    this.#parts = parts
  }

  async *run(): AsyncGenerator<unknown> {
    const { dispatcher, operation, router, parent, signal, observer } = this.#parts
    const start = this.#parts.start()
    if (start instanceof ServiceError) throw start
    const call = new StreamCall(this.#environment, start)
    const abort = (): void => call.cancel(cancelled(operation, signal?.reason))
    parent?.addChild(call)
    signal?.addEventListener('abort', abort, { once: true })
    const bound = dispatcher.get(operation.id)
    // A reader that leaves early has given up.
    let outcome: ServiceError | undefined = cancelled(operation)
    try {
      if (bound) yield* this.#locally(bound, call)
      else yield* this.#overLink(router.pick(operation) ?? (await router.waitForLink(operation, call)), call)
      outcome = undefined
    } catch (error) {
      outcome = isServiceError(error) ? error : new ServiceError('internal', `${operation.id} failed.`, { cause: error })
      throw this.#sourceError ? this.#sourceError.error : outcome
    } finally {
      parent?.removeChild(call)
      signal?.removeEventListener('abort', abort)
      if (outcome) call.cancel(outcome)
      else call.settle()
      const durationMs = this.#environment.platform.monotonicMs() - start.startMs
      observer.observe({ kind: 'call-made', service: start.caller, call, durationMs, error: outcome, remote: bound === undefined })
    }
  }

  /** One item at a time, as the reader asks for them. */
  async *#locally(bound: BoundOperation, call: StreamCall): AsyncGenerator<unknown> {
    const { dispatcher, input, items } = this.#parts
    const watched = items && watchItems(toAsync(items), (error) => this.#sourceFailed(call, error))
    const source = dispatcher.answerStream(bound, call, { input, items: watched })
    let giveUp: (reason: unknown) => void = () => {}
    const cancellation = new Promise<never>((_resolve, reject) => (giveUp = reject))
    cancellation.catch(() => {}) // it is looked at only while a read waits
    call.whenCancelled = giveUp
    if (call.reason) throw call.reason
    try {
      for (;;) {
        const result = await Promise.race([source.next(), cancellation])
        if (result.done === true) return
        yield result.value
      }
    } finally {
      // Not awaited: a handler that ignores its signal must not hold up the reader.
      source.return(undefined).catch(() => {})
    }
  }

  /** As many items ahead of the reader as the credit allows. */
  async *#overLink(link: LinkClient, call: StreamCall): AsyncGenerator<unknown> {
    const { input, items, operation } = this.#parts
    const pump = items && new ItemPump()
    let taken = 0
    const onTaken = (): void => {
      taken++
      if (taken < initialCredit / 2 || !link.waits(id, exchange)) return
      link.sendCredit(id, taken)
      taken = 0
    }
    const queue = new ItemQueue(onTaken, () => {})
    const exchange: Exchange = {
      answerCodec: undefined,
      agrees: false,
      onResponse: () => {
        throw new ProtocolViolation('a response came for a call that answers with items')
      },
      onError: (error) => queue.fail(error),
      onItem: (value) => {
        if (queue.length > initialCredit) throw new ProtocolViolation('the peer sends more items than it was given credit for')
        queue.push(value)
      },
      onEnd: () => queue.end(),
      onCredit: (count) => pump?.grant(count),
    }
    const id = link.begin(call, input, exchange, items !== undefined)
    call.whenCancelled = (reason) => {
      link.abandon(id, exchange)
      queue.fail(reason, true)
    }
    if (call.reason) call.whenCancelled(call.reason)
    if (pump && items) this.#sendItems({ pump, items, link, id, exchange, call })
    try {
      for await (const item of queue) yield exchange.agrees ? item : await checkedItem(operation, item)
    } finally {
      pump?.stop()
      link.abandon(id, exchange)
    }
  }

  #sendItems({ pump, items, link, id, exchange, call }: { pump: ItemPump; items: Items<unknown>; link: LinkClient; id: number; exchange: Exchange; call: StreamCall }): void {
    const codec = exchange.agrees ? this.#environment.codecs.get(this.#parts.operation, 'clientStream') : undefined
    pump.run(items, (item) => link.waits(id, exchange) && link.sendItem(id, item, codec)).then(
      (how) => {
        if (how === 'ended' && link.waits(id, exchange)) link.sendEnd(id)
      },
      (error: unknown) => this.#sourceFailed(call, error),
    )
  }

  #sourceFailed(call: StreamCall, error: unknown): void {
    this.#sourceError = { error }
    call.cancel(new ServiceError('cancelled', `The items for ${call.operation} ended with an error.`, { cause: error }))
  }
}

/** An item of a peer whose contract differs is checked against this side's. */
async function checkedItem(operation: Operation, value: unknown): Promise<unknown> {
  const schema = operation.compiled.serverStream
  if (schema === undefined) return value
  const parsed = await schema.parse(value)
  if (parsed.issues) throw refusedAnswer(operation, parsed.issues)
  return parsed.value
}
