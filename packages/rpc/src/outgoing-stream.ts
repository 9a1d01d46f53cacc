import { copyPlain, isServiceError, type Items, type Observer, type Operation, ServiceError } from '@holon/contract'

import { Call, type CallEnvironment, type CallStart, type GivingUp, givenUp } from './call.ts'
import type { BoundOperation, Dispatcher } from './dispatcher.ts'
import type { Exchange } from './exchange.ts'
import { ItemPump } from './item-pump.ts'
import { ItemQueue } from './item-queue.ts'
import { isItemsFailure } from './items-failure.ts'
import { letGo } from './items.ts'
import type { LinkClient } from './link-client.ts'
import { checkItem, localItems, otherKind, refusedAnswer } from './outgoing-call.ts'
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
export class OutgoingStream implements AsyncIterableIterator<unknown> {
  readonly #environment: CallEnvironment
  readonly #parts: OutgoingStreamParts
  readonly #run: AsyncGenerator<unknown>
  #call: StreamCall | undefined
  /** What the source of the caller's items threw: the caller gets it if the handler has read that far. */
  #sourceError: { readonly error: unknown } | undefined

  constructor(environment: CallEnvironment, parts: OutgoingStreamParts) {
    this.#environment = environment
    this.#parts = parts
    this.#run = this.#answer()
  }

  next(): Promise<IteratorResult<unknown>> {
    return this.#run.next()
  }

  /** The reader leaves: the call is cancelled at once, also while an item is waited for. */
  return(): Promise<IteratorResult<unknown>> {
    this.#call?.cancel('cancelled')
    return this.#run.return(undefined)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async *#answer(): AsyncGenerator<unknown> {
    const { dispatcher, operation, router, parent, signal, observer } = this.#parts
    const start = this.#parts.start()
    if (start instanceof ServiceError) throw start
    const call = (this.#call = new StreamCall(this.#environment, start))
    const abort = (): void => call.cancel('cancelled')
    parent?.addChild(call)
    signal?.addEventListener('abort', abort, { once: true })
    const bound = dispatcher.get(operation.id)
    let outcome: ServiceError | undefined = givenUp(operation, 'cancelled')
    try {
      if (bound) yield* this.#locally(bound, call)
      else yield* this.#remotely(router.pick(operation), call)
      outcome = undefined
    } catch (error) {
      outcome = this.#toldError(call, error)
      throw this.#sourceError && isItemsFailure(outcome, operation) ? this.#sourceError.error : outcome
    } finally {
      parent?.removeChild(call)
      signal?.removeEventListener('abort', abort)
      call.settle()
      const durationMs = this.#environment.platform.monotonicMs() - start.startMs
      observer.observe({
        kind: 'call-made',
        service: start.caller,
        call,
        durationMs,
        error: outcome,
        remote: bound === undefined,
      })
    }
  }

  /** The reader gets an error of its own: the reason of a cancellation is what the handler sees in its signal. */
  #toldError(call: StreamCall, error: unknown): ServiceError {
    const { signal, operation } = this.#parts
    const { reason } = call
    if (reason && error === reason)
      return new ServiceError(reason.code, reason.message, signal?.aborted ? { cause: signal.reason } : {})
    return isServiceError(error) ? error : new ServiceError('internal', `${operation.id} failed.`, { cause: error })
  }

  /** One item at a time, as the reader asks for them. */
  async *#locally(bound: BoundOperation, call: StreamCall): AsyncGenerator<unknown> {
    const { dispatcher, input, items, operation } = this.#parts
    const local = items && localItems(items, operation, (error) => (this.#sourceError = { error }))
    const source = dispatcher.answerStream(bound, call, { input, items: local })
    let endRead: (reason: ServiceError) => void = () => {}
    call.whenCancelled = (reason) => {
      local?.release(reason)
      endRead(reason)
    }
    const read = (): Promise<IteratorResult<unknown>> =>
      new Promise((resolve, reject) => {
        if (call.reason) return reject(call.reason)
        endRead = reject
        source.next().then(resolve, reject)
      })
    try {
      for (let result = await read(); result.done !== true; result = await read()) yield result.value
    } finally {
      // Not awaited: a handler that ignores its signal must not hold up the reader.
      letGo(source)
      local?.release()
    }
  }

  /** As many items ahead of the reader as the credit allows. */
  async *#remotely(ready: LinkClient | undefined, call: StreamCall): AsyncGenerator<unknown> {
    const { items, operation, router } = this.#parts
    // What waits for a link must not see what the caller does to its input meanwhile.
    const input = ready ? this.#parts.input : copyPlain(this.#parts.input)
    const link = ready ?? (await router.waitForLink(operation, call))
    const pump = items && new ItemPump()
    const queue = new ItemQueue((count) => link.waits(id, exchange) && link.sendCredit(id, count))
    const exchange: Exchange = {
      answerCodec: undefined,
      json: false,
      agrees: false,
      onResponse: () => queue.fail(otherKind(operation)),
      onError: (error) => queue.fail(error),
      onItem: (value) => queue.push(value),
      onEnd: () => queue.end(),
      onCredit: (count) => pump?.grant(count),
    }
    const id = link.begin(call, input, exchange, items !== undefined)
    call.whenCancelled = (reason) => {
      link.abandon(id, exchange, reason.code as GivingUp)
      queue.fail(reason, true)
    }
    if (call.reason) call.whenCancelled(call.reason)
    if (pump && items) this.#sendItems({ pump, items, link, id, exchange, call })
    try {
      for await (const item of queue) yield exchange.agrees ? item : await checkedItem(operation, item)
    } finally {
      pump?.stop()
      link.abandon(id, exchange, 'cancelled')
    }
  }

  #sendItems({
    pump,
    items,
    link,
    id,
    exchange,
    call,
  }: {
    pump: ItemPump
    items: Items<unknown>
    link: LinkClient
    id: number
    exchange: Exchange
    call: StreamCall
  }): void {
    const codec = exchange.agrees ? this.#environment.codecs.get(this.#parts.operation, 'clientStream') : undefined
    const send = (item: unknown): void => {
      checkItem(call.operation, item)
      if (link.waits(id, exchange)) link.sendItem(id, item, codec)
    }
    pump.run(items, send).then(
      (how) => how === 'ended' && link.waits(id, exchange) && link.sendEnd(id, 'done'),
      // The handler hears of it when it has read the items before, as it would in the same process.
      (error: unknown) => {
        this.#sourceError = { error }
        if (link.waits(id, exchange)) link.sendEnd(id, 'broken')
      },
    )
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
