import { isServiceError, ServiceError } from '@holon/contract'
import type { Call } from './call.ts'
import type { BoundOperation, Dispatcher } from './dispatcher.ts'
import { frameTypes, initialCredit, ProtocolViolation } from './frames.ts'
import { ItemPump } from './item-pump.ts'
import { ItemQueue } from './item-queue.ts'

/** Where a served call sends its frames. */
interface Replies {
  send(type: number, id: number, value: unknown, what: string): void
  sendCredit(id: number, count: number): void
  finish(id: number, outcome: { readonly type: number; readonly value: unknown }): void
}

/** A call that came over a link, while it runs. Sends exactly one last frame: response, error or end. */
export class ServedCall {
  readonly call: Call
  readonly #id: number
  readonly #replies: Replies
  #queue: ItemQueue | undefined
  #pump: ItemPump | undefined
  #finished = false

  constructor(id: number, call: Call, replies: Replies) {
    this.#id = id
    this.call = call
    this.#replies = replies
    call.onCancel((reason) => {
      this.#queue?.fail(reason, true)
      this.fail(reason)
    })
  }

  run(dispatcher: Dispatcher, bound: BoundOperation, input: unknown, hasItems: boolean): void {
    const items = hasItems ? (this.#queue = this.#createQueue()) : undefined
    if (bound.operation.compiled.serverStream === undefined) {
      dispatcher.answer(bound, input, this.call, items).then(
        (value) => this.#finish(frameTypes.response, value),
        (error: unknown) => this.fail(error),
      )
      return
    }
    this.#pump = new ItemPump()
    const send = (item: unknown): void => {
      if (!this.#finished) this.#replies.send(frameTypes.item, this.#id, item, `An item of ${this.call.operation}`)
    }
    this.#pump.run(dispatcher.answerStream(bound, input, this.call, items), send).then(
      () => this.#finish(frameTypes.end, undefined),
      (error: unknown) => this.fail(error),
    )
  }

  onItem(value: unknown): void {
    if (this.#queue === undefined) throw new ProtocolViolation('an item came for a call that takes none')
    if (this.#queue.length > initialCredit) throw new ProtocolViolation('the peer sends more items than it was given credit for')
    this.#queue.push(value)
  }

  onEnd(): void {
    this.#queue?.end()
  }

  onCredit(count: number): void {
    this.#pump?.grant(count)
  }

  fail(error: unknown): void {
    const told = isServiceError(error) ? error : new ServiceError('internal', `Internal error in ${this.call.operation}.`, { cause: error })
    this.#finish(frameTypes.error, told.toJSON())
  }

  #finish(type: number, value: unknown): void {
    if (this.#finished) return
    this.#finished = true
    this.call.settle()
    this.#pump?.stop()
    this.#queue?.end()
    this.#replies.finish(this.#id, { type, value })
  }

  #createQueue(): ItemQueue {
    let taken = 0
    const onTaken = (): void => {
      taken++
      if (taken < initialCredit / 2 || this.#finished) return
      this.#replies.sendCredit(this.#id, taken)
      taken = 0
    }
    return new ItemQueue(onTaken, () => {})
  }
}
