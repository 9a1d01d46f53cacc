import { Buffer } from 'node:buffer'

import type { ByteStream } from '../network/network.ts'
import { frameTypes, headBytes, partBytes, windowBytes } from './frames.ts'
import { TextSlab } from './text-slab.ts'

interface Message {
  readonly type: number
  /** Long strings that go ahead of the body; the first of them up to `sentUnits`. */
  readonly texts: string[]
  sentUnits: number
  readonly body: Uint8Array
  sentBytes: number
}

/**
 * Large messages on their way out. Each is cut into parts that take turns with those of other calls, and all frames
 * written meanwhile go in between, so that a large message never holds up a small one. Messages of one call keep their
 * order.
 */
export class PartQueue {
  readonly #stream: ByteStream
  readonly #calls = new Map<number, Message[]>()
  /** Bytes that may still be sent before the peer has read some. */
  #room = windowBytes
  readonly #slab: TextSlab
  /** Sends what the frame writer has gathered, so that the order of frames is kept. */
  readonly #flush: () => void

  constructor(stream: ByteStream, flush: () => void) {
    this.#stream = stream
    this.#slab = new TextSlab(stream)
    this.#flush = flush
  }

  /** Calls with messages that are not sent completely. */
  get size(): number {
    return this.#calls.size
  }

  has(call: number): boolean {
    return this.#calls.has(call)
  }

  /** Takes a message over; `body` must not be changed any more. */
  push(type: number, call: number, { body, texts }: { readonly body: Uint8Array; readonly texts: string[] }): void {
    const message: Message = { type, texts, sentUnits: 0, body, sentBytes: 0 }
    const queue = this.#calls.get(call)
    if (queue) queue.push(message)
    else this.#calls.set(call, [message])
  }

  /** The peer has read so much. */
  grant(bytes: number): void {
    this.#room = Math.min(windowBytes, this.#room + bytes)
    this.pump()
  }

  /** Sends as many parts as the window allows; the rest follows when the peer has read some. */
  pump(): void {
    if (this.#calls.size === 0 || this.#room <= 0) return
    this.#flush()
    this.#slab.begin()
    const pieces: Uint8Array[] = []
    while (this.#room > 0) {
      const next = this.#calls.entries().next()
      if (next.done === true) break
      const [call, queue] = next.value
      // To the end of the line: the next part is another call's, if there is one.
      this.#calls.delete(call)
      // Queues without messages are not kept.
      const message = queue[0] as Message
      const over =
        message.texts.length > 0 ? this.#sendText(call, message, pieces) : this.#sendPart(call, message, pieces)
      if (over) queue.shift()
      if (queue.length > 0) this.#calls.set(call, queue)
    }
    if (pieces.length === 1) this.#stream.write(pieces[0] as Uint8Array) // there is one
    else if (pieces.length > 0) this.#stream.writeAll(pieces)
  }

  clear(): void {
    this.#calls.clear()
  }

  /** A piece of the message's first long string. */
  #sendText(call: number, message: Message, pieces: Uint8Array[]): false {
    const text = message.texts[0] as string // it is only called when there is one
    const { frame, end } = this.#slab.frame(call, text, message.sentUnits)
    this.#room -= frame.length - headBytes
    message.sentUnits = end
    if (end === text.length) {
      message.texts.shift()
      message.sentUnits = 0
    }
    join(pieces, frame)
    return false
  }

  /** A part of the message's body; returns whether it was the last. */
  #sendPart(call: number, message: Message, pieces: Uint8Array[]): boolean {
    const bytes = message.body.subarray(message.sentBytes, message.sentBytes + partBytes)
    message.sentBytes += bytes.length
    const last = message.sentBytes === message.body.length
    pieces.push(headOf(last ? message.type : frameTypes.part, call, bytes.length), bytes)
    // The last frame of a message is not counted: its reader takes it for an ordinary one.
    if (!last) this.#room -= bytes.length
    return last
  }
}

/** Appends a piece; one that lies behind the last in memory becomes part of it. */
function join(pieces: Uint8Array[], piece: Buffer): void {
  const last = pieces.at(-1)
  if (last === undefined || last.buffer !== piece.buffer || last.byteOffset + last.length !== piece.byteOffset)
    return void pieces.push(piece)
  pieces[pieces.length - 1] = Buffer.from(last.buffer, last.byteOffset, last.length + piece.length)
}

function headOf(type: number, call: number, bodyBytes: number): Buffer {
  const head = Buffer.allocUnsafe(headBytes)
  head.writeUInt32LE(headBytes - 4 + bodyBytes, 0)
  head[4] = type
  head.writeUInt32LE(call, 5)
  return head
}
