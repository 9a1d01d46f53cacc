import { Buffer } from 'node:buffer'

import { frameTypes, headBytes, partBytes, windowBytes } from './frames.ts'
import type { ByteStream } from './network.ts'

/** Long strings are encoded in pieces of so many code units, each in a fraction of a millisecond. */
const pieceUnits = 64 * 1024

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
  /** Sends what the frame writer has gathered, so that the order of frames is kept. */
  readonly #flush: () => void

  constructor(stream: ByteStream, flush: () => void) {
    this.#stream = stream
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
    const pieces: Uint8Array[] = []
    while (this.#room > 0) {
      const next = this.#calls.entries().next()
      if (next.done === true) break
      const [call, queue] = next.value
      // To the end of the line: the next part is another call's, if there is one.
      this.#calls.delete(call)
      const message = queue[0] as Message
      const part = message.texts.length > 0 ? nextPiece(message) : nextPart(message)
      const last =
        message.texts.length === 0 && message.sentBytes === message.body.length && part.type !== frameTypes.text
      pieces.push(headOf(last ? message.type : part.type, call, part.bytes.length), part.bytes)
      // The last frame of a message is not counted: its reader takes it for an ordinary one.
      if (!last) this.#room -= part.bytes.length
      if (last) queue.shift()
      if (queue.length > 0) this.#calls.set(call, queue)
    }
    if (pieces.length > 0) this.#stream.writeAll(pieces)
  }

  clear(): void {
    this.#calls.clear()
  }
}

interface Part {
  readonly type: number
  readonly bytes: Uint8Array
}

function nextPart(message: Message): Part {
  const bytes = message.body.subarray(message.sentBytes, message.sentBytes + partBytes)
  message.sentBytes += bytes.length
  return { type: frameTypes.part, bytes }
}

/** A piece of a long string: a byte that says whether it is the string's last, and its UTF-8. */
function nextPiece(message: Message): Part {
  const text = message.texts[0] as string
  let end = Math.min(text.length, message.sentUnits + pieceUnits)
  // A pair of surrogates stays together: each half alone would be lost in UTF-8.
  if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end++
  const piece = text.substring(message.sentUnits, end)
  const bytes = Buffer.allocUnsafeSlow(1 + Buffer.byteLength(piece))
  bytes[0] = end === text.length ? 1 : 0
  bytes.write(piece, 1)
  message.sentUnits = end
  if (end === text.length) {
    message.texts.shift()
    message.sentUnits = 0
  }
  return { type: frameTypes.text, bytes }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function headOf(type: number, call: number, bodyBytes: number): Buffer {
  const head = Buffer.allocUnsafe(headBytes)
  head.writeUInt32LE(headBytes - 4 + bodyBytes, 0)
  head[4] = type
  head.writeUInt32LE(call, 5)
  return head
}
