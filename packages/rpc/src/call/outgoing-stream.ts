import { copyPlain, isServiceError, type Items, type Observer, type Operation, ServiceError } from '@holon/contract'

import { isItemsFailure } from '../items/items-failure.ts'
import { letGo } from '../items/items.ts'
import { RemoteItems } from '../items/remote-items.ts'
import type { LinkClient } from '../link/link-client.ts'
import type { Router } from '../link/router.ts'
import { Call, type CallEnvironment, type CallStart, givenUp } from './call.ts'
import type { BoundOperation, Dispatcher } from './dispatcher.ts'
import { notSent } from './giving-up.ts'
import { localItems } from './outgoing-call.ts'

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
  #call: StreamCall | undefined
  #remote: RemoteItems | undefined
  #local: AsyncGenerator<unknown> | undefined
  #over = false
  #abort: (() => void) | undefined
  /** What the source of the caller's items threw: the caller gets it if the handler has read that far. */
  #sourceError: { readonly error: unknown } | undefined

  constructor(environment: CallEnvironment, parts: OutgoingStreamParts) {
    this.#environment = environment
    this.#parts = parts
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#remote) return this.#remote.next()
    if (this.#local) return this.#local.next()
    if (this.#over) return Promise.resolve({ done: true, value: undefined })
    return this.#begin()
  }

  /** The reader leaves: the call is cancelled at once, also while an item is waited for. */
  return(): Promise<IteratorResult<unknown>> {
    this.#call?.cancel('cancelled')
    this.#remote?.leave()
    if (this.#local) return this.#local.return(undefined)
    this.#over = true
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #begin(): Promise<IteratorResult<unknown>> {
    const { dispatcher, operation, parent, signal } = this.#parts
    const start = this.#parts.start()
    if (start instanceof ServiceError) {
      this.#over = true
      return Promise.reject(start)
    }
    const call = (this.#call = new StreamCall(this.#environment, start))
    parent?.addChild(call)
    this.#abort = () => call.cancel('cancelled')
    signal?.addEventListener('abort', this.#abort, { once: true })
    const bound = dispatcher.get(operation.id)
    if (bound) return (this.#local = this.#locally(bound, call)).next()
    return this.#beginRemote(call).next()
  }

  /** As many items ahead of the reader as the credit allows. */
  #beginRemote(call: StreamCall): RemoteItems {
    const { items, operation, router } = this.#parts
    const remote = new RemoteItems({
      codecs: this.#environment.codecs,
      operation,
      items,
      onOver: (how) => this.#settle(call, how),
      onSourceError: (error) => (this.#sourceError = { error }),
    })
    this.#remote = remote
    call.whenCancelled = (reason) => remote.cancelled(reason)
    const send = (link: LinkClient, input: unknown): void => {
      if (!call.open) return
      try {
        remote.begin(link, call, input)
      } catch (error) {
        remote.onError(notSent(operation.id, error))
      }
    }
    const link = router.pick(operation)
    if (link) {
      send(link, this.#parts.input)
      return remote
    }
    // What waits for a link must not see what the caller does to its input meanwhile.
    const input = copyPlain(this.#parts.input)
    router.waitForLink(operation, call).then(
      (later) => send(later, input),
      (error: ServiceError) => remote.onError(error),
    )
    return remote
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
        const pulled = source.pull()
        // Not resolved with the promise: what ends the read must not have to wait for it.
        if (pulled instanceof Promise) pulled.then(resolve, reject)
        else resolve(pulled)
      })
    let how: { readonly error: unknown } | 'done' | 'left' = 'left'
    try {
      for (let result = await read(); result.done !== true; result = await read()) yield result.value
      how = 'done'
    } catch (error) {
      how = { error }
      throw this.#settle(call, how)
    } finally {
      // Not awaited: a handler that ignores its signal must not hold up the reader.
      letGo(source)
      local?.release()
      if (typeof how !== 'object') this.#settle(call, how)
    }
  }

  /** The reader knows how the call has ended. Returns the error that it is told. */
  #settle(call: StreamCall, how: { readonly error: unknown } | 'done' | 'left'): unknown {
    const { operation, parent, signal, observer } = this.#parts
    parent?.removeChild(call)
    if (this.#abort) signal?.removeEventListener('abort', this.#abort)
    call.settle()
    const early = how === 'left' ? givenUp(operation, 'cancelled') : undefined
    const error = typeof how === 'object' ? this.#toldError(call, how.error) : early
    const { start } = call
    const durationMs = this.#environment.platform.monotonicMs() - start.startMs
    const remote = this.#remote !== undefined
    observer.observe({ kind: 'call-made', service: start.caller, call, durationMs, error, remote })
    return this.#sourceError && error && isItemsFailure(error, operation) ? this.#sourceError.error : error
  }

  /** The reader gets an error of its own: the reason of a cancellation is what the handler sees in its signal. */
  #toldError(call: StreamCall, error: unknown): ServiceError {
    const { signal, operation } = this.#parts
    const { reason } = call
    if (reason && error === reason)
      return new ServiceError(reason.code, reason.message, signal?.aborted ? { cause: signal.reason } : {})
    return isServiceError(error) ? error : new ServiceError('internal', `${operation.id} failed.`, { cause: error })
  }
}
