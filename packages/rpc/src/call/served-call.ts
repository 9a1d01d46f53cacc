import { isServiceError, type ServiceError, toServiceError } from '@holon/contract'

import type { Codec } from '../codec/codec.ts'
import { jsonCodec } from '../codec/json-codec.ts'
import { ItemPump } from '../items/item-pump.ts'
import { ItemQueue } from '../items/item-queue.ts'
import { itemsFailure } from '../items/items-failure.ts'
import { frameTypes, ProtocolViolation } from '../wire/frames.ts'
import { unsendable } from '../wire/payload.ts'
import { Call, type CallEnvironment, type CallStart } from './call.ts'
import type { AnswerableCall, BoundOperation, Dispatcher } from './dispatcher.ts'

/** Where a served call sends its frames. */
export interface Replies {
  send(type: number, id: number, value: unknown, codec: Codec | undefined): void
  sendCredit(id: number, count: number): void
  /** Sends the last frame of a call. */
  finish(type: number, id: number, value: unknown, codec: Codec | undefined): void
}

/** A call that came over a link, while it runs. Sends exactly one last frame: response, error or end. */
export class ServedCall extends Call implements AnswerableCall {
  input: unknown = undefined
  inputChecked = false
  readonly #id: number
  readonly #replies: Replies
  /** Whether the caller holds the same contract: answers go compiled, or as JSON text where it wants that. */
  readonly #agrees: boolean
  readonly #json: boolean
  #queue: ItemQueue | undefined = undefined
  #pump: ItemPump | undefined = undefined
  #finished = false

  constructor(
    environment: CallEnvironment,
    start: CallStart,
    link: { id: number; replies: Replies; agrees: boolean; json: boolean },
  ) {
    super(environment, start)
    this.#id = link.id
    this.#replies = link.replies
    this.#agrees = link.agrees
    this.#json = link.json
  }

  /** Runs the handler with {@link input}. */
  run(dispatcher: Dispatcher, bound: BoundOperation, hasItems: boolean): void {
    const items = hasItems ? (this.#queue = this.#createQueue()) : undefined
    if (bound.operation.compiled.serverStream === undefined) return dispatcher.answer(bound, this)
    const pump = (this.#pump = new ItemPump())
    const codec = this.#agrees ? this.environment.codecs.get(bound.operation, 'serverStream') : undefined
    const send = (item: unknown): void => {
      if (this.#finished) return
      try {
        this.#replies.send(frameTypes.item, this.#id, item, codec)
      } catch (error) {
        throw unsendable(`An item of ${this.operation}`, error)
      }
    }
    pump
      .run(() => dispatcher.answerStream(bound, this, { input: this.input, items }), send)
      .then(
        () => this.#finish(frameTypes.end, undefined, undefined),
        (error: unknown) => this.failed(isServiceError(error) ? error : toServiceError(error, bound.operation.id)),
      )
  }

  readItems(): AsyncIterable<unknown> | undefined {
    return this.#queue
  }

  answered(value: unknown): void {
    const codec = this.#agrees ? this.environment.codecs.get(this.start.operation, 'output') : undefined
    this.#finish(frameTypes.response, value, this.#json ? jsonCodec : codec)
  }

  failed(error: ServiceError): void {
    this.#finish(frameTypes.error, error.toJSON(), undefined)
  }

  onItem(value: unknown, bytes: number): void {
    if (this.#queue === undefined) throw new ProtocolViolation('an item came for a call that takes none')
    this.#queue.push(value, bytes)
  }

  /** The caller has no more items, or (`broken`) their source failed. */
  onEnd(how: 'done' | 'broken'): void {
    this.#queue?.end(how === 'broken' ? itemsFailure(this.start.operation) : undefined)
  }

  onCredit(count: number): void {
    this.#pump?.grant(count)
  }

  protected override onCancelled(reason: ServiceError): void {
    this.#queue?.fail(reason, true)
    this.failed(reason)
  }

  /** How the items of the caller are encoded. */
  get itemCodec(): Codec | undefined {
    return this.#agrees ? this.environment.codecs.get(this.start.operation, 'clientStream') : undefined
  }

  #finish(type: number, value: unknown, codec: Codec | undefined): void {
    if (this.#finished) return
    this.#finished = true
    this.settle()
    this.#pump?.stop()
    this.#queue?.end()
    this.#replies.finish(type, this.#id, value, codec)
  }

  #createQueue(): ItemQueue {
    const sendCredit = (count: number): void => {
      if (!this.#finished) this.#replies.sendCredit(this.#id, count)
    }
    return new ItemQueue({ sendCredit })
  }
}
