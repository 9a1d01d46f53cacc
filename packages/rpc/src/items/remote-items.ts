import type { Items, Operation, ServiceError } from '@holon/contract'

import type { Call, GivingUp } from '../call/call.ts'
import type { Exchange } from '../call/exchange.ts'
import { checkItem, otherKind, refusedAnswer } from '../call/outgoing-call.ts'
import type { Codec } from '../codec/codec.ts'
import type { OperationCodecs } from '../codec/operation-codecs.ts'
import type { LinkClient } from '../link/link-client.ts'
import { ItemPump } from './item-pump.ts'
import { ItemQueue } from './item-queue.ts'
import { sourceOf } from './items.ts'

export interface RemoteItemsParts {
  readonly codecs: OperationCodecs
  readonly operation: Operation
  readonly items: Items<unknown> | undefined
  /** The reader has come to the end, or has left; called once. Returns the error that it is told. */
  readonly onOver: (how: { readonly error: unknown } | 'done' | 'left') => unknown
  /** The source of the caller's items threw this. */
  readonly onSourceError: (error: unknown) => void
}

/** The items that another process answers with, as their reader sees them, and the exchange of frames that brings them. */
export class RemoteItems implements Exchange {
  answerCodec: Codec | undefined = undefined
  agrees = false
  readonly json = false
  readonly #parts: RemoteItemsParts
  readonly #queue: ItemQueue
  readonly #pump: ItemPump | undefined
  #link: LinkClient | undefined
  #id = 0

  constructor(parts: RemoteItemsParts) {
    this.#parts = parts
    this.#pump = parts.items && new ItemPump()
    const sendCredit = (count: number): void => {
      if (this.#waits()) this.#link?.sendCredit(this.#id, count)
    }
    const onOver: RemoteItemsParts['onOver'] = (how) => {
      this.#pump?.stop()
      this.#link?.abandon(this.#id, this, 'cancelled')
      return parts.onOver(how)
    }
    this.#queue = new ItemQueue({ sendCredit, onOver })
  }

  /** Sends the request; throws a `ServiceError` when it cannot. */
  begin(link: LinkClient, call: Call, input: unknown): void {
    const { items } = this.#parts
    this.#id = link.begin(call, input, this, items !== undefined)
    this.#link = link
    if (items) this.#sendItems(link, items)
  }

  next(): Promise<IteratorResult<unknown>> {
    const next = this.#queue.next()
    return this.agrees ? next : next.then((result) => this.#checked(result))
  }

  leave(): void {
    void this.#queue.return()
  }

  /** The call has been given up. */
  cancelled(reason: ServiceError): void {
    // A call is cancelled with one of these codes only.
    this.#link?.abandon(this.#id, this, reason.code as GivingUp)
    this.#queue.fail(reason, true)
  }

  onResponse(): void {
    this.#queue.fail(otherKind(this.#parts.operation))
  }

  onError(error: ServiceError): void {
    this.#queue.fail(error)
  }

  onItem(value: unknown, bytes: number): void {
    this.#queue.push(value, bytes)
  }

  onEnd(): void {
    this.#queue.end()
  }

  onCredit(count: number): void {
    this.#pump?.grant(count)
  }

  #waits(): boolean {
    return this.#link?.waits(this.#id, this) === true
  }

  /** An item of a peer whose contract differs is checked against this side's. */
  async #checked(result: IteratorResult<unknown>): Promise<IteratorResult<unknown>> {
    const { operation } = this.#parts
    const { serverStream } = operation.compiled
    if (this.agrees || result.done === true || serverStream === undefined) return result
    try {
      const parsed = await serverStream.parse(result.value)
      if (parsed.issues === undefined) return { done: false, value: parsed.value }
      this.#queue.spoil(refusedAnswer(operation, parsed.issues))
    } catch (error) {
      this.#queue.spoil(refusedAnswer(operation, [], error))
    }
    return this.#queue.next()
  }

  #sendItems(link: LinkClient, items: Items<unknown>): void {
    const { codecs, operation, onSourceError } = this.#parts
    const codec = this.agrees ? codecs.get(operation, 'clientStream') : undefined
    const send = (item: unknown): void => {
      checkItem(operation.id, item)
      if (this.#waits()) link.sendItem(this.#id, item, codec)
    }
    this.#pump
      ?.run(() => sourceOf(items), send)
      .then(
        (how) => how === 'ended' && this.#waits() && link.sendEnd(this.#id, 'done'),
        // The handler hears of it when it has read the items before, as it would in the same process.
        (error: unknown) => {
          onSourceError(error)
          if (this.#waits()) link.sendEnd(this.#id, 'broken')
        },
      )
  }
}
