import { ServiceError } from '@holon/contract/error'

import { answerError, itemIn, mediaTypeOf, problemIn, wrongEvent } from './answers.ts'
import type { Connection } from './connection.ts'
import { EventReader } from './event-reader.ts'
import { beginExchange, type Exchange, type PreparedCall, readAnswer, received, send } from './exchange.ts'
import { type Pieces, piecesOf } from './pieces.ts'
import { withRetries } from './retries.ts'

/** Three of the gateway's heartbeats: a connection that is silent for longer is dead. */
const longestSilenceMs = 45_000

/**
 * The items of a stream. The request is made when the first one is asked for, and is over as soon as the reader leaves,
 * also while an item is waited for. They can be read once.
 */
export class StreamedItems implements AsyncIterableIterator<unknown> {
  readonly #begin: () => Exchange
  #exchange: Exchange | undefined
  #items: AsyncGenerator<unknown, void, void> | undefined
  #isOver = false

  /** `prepare` may throw: then the first item does. */
  constructor(connection: Connection, prepare: () => PreparedCall) {
    this.#begin = () => {
      const call = prepare()
      return beginExchange(connection, call, call.operation.compiled.timeoutMs ?? Infinity)
    }
  }

  async next(): Promise<IteratorResult<unknown>> {
    if (this.#isOver) return { done: true, value: undefined }
    try {
      this.#exchange ??= this.#begin()
      this.#items ??= itemsOf(this.#exchange)
      return await this.#items.next()
    } catch (error) {
      if (this.#isOver) return { done: true, value: undefined }
      this.#isOver = true
      throw error
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#isOver = true
    this.#exchange?.pending.giveUp(new ServiceError('cancelled', 'The reader of the items has left.'))
    await this.#items?.return()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

async function* itemsOf(exchange: Exchange): AsyncGenerator<unknown, void, void> {
  const { pending, asked } = exchange
  const reader = new EventReader(() => wrongEvent('an event of more than 16 MB: send more and smaller items', asked))
  let pieces: Pieces | undefined
  try {
    // Only the beginning is repeated: of a stream that breaks off, its caller must say where to go on.
    pieces = await withRetries(exchange, () => open(exchange))
    for (;;) {
      const piece = await nextPiece(pieces, exchange)
      if (piece === undefined) throw new ServiceError('unavailable', `${asked.request} broke off before its end.`)
      for (const { type, data } of reader.read(piece)) {
        if (type === 'end') return
        if (type === 'error') throw problemIn(data, asked)
        yield itemIn(data, asked)
      }
    }
  } finally {
    pending.settle()
    // Lets the connection go, whatever is left of it.
    pieces?.cancel()
    pending.giveUp(new ServiceError('cancelled', `${asked.operation} has ended.`))
  }
}

/** Resolves as soon as the answer begins. */
async function open(exchange: Exchange): Promise<Pieces> {
  // A fetch that reads all before it resolves has as long as its caller says.
  const isTimed = exchange.pending.remainingMs() < Infinity
  const response = await (isTimed ? send(exchange) : heard(send(exchange), exchange))
  const isStream = response.status === 200 && mediaTypeOf(response) === 'text/event-stream'
  if (isStream) return piecesOf(response)
  throw answerError(await heard(readAnswer(response, exchange), exchange), exchange.asked, 'an event stream')
}

function nextPiece(pieces: Pieces, exchange: Exchange): Promise<string | undefined> {
  const piece = received(pieces.next(), exchange)
  return pieces.areLive ? heard(piece, exchange) : piece
}

/** Settles as `work` does; gives the call up where nothing is heard for too long. */
async function heard<T>(work: Promise<T>, { connection, pending, asked }: Exchange): Promise<T> {
  const timer = connection.platform.setTimer(() => {
    const seconds = longestSilenceMs / 1000
    const message = `${asked.request} was silent for ${seconds} s, three times as long as the gateway ever is.`
    pending.giveUp(new ServiceError('unavailable', message))
  }, longestSilenceMs)
  try {
    return await work
  } finally {
    timer.cancel()
  }
}
