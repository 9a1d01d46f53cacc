import { Buffer } from 'node:buffer'
import { frameTypes, headBytes, partBytes } from './frames.ts'
import type { ByteStream } from './network.ts'

/** Bytes of large messages that may wait in the connection: a small frame written meanwhile waits for no more. */
const windowBytes = 256 * 1024

interface Message {
  readonly type: number
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
  /** Sends what the frame writer has gathered, so that the order of frames is kept. */
  readonly #flush: () => void

  constructor(stream: ByteStream, flush: () => void) {
    this.#stream = stream
    this.#flush = flush
    stream.onDrain(() => this.pump())
  }

  /** Calls with messages that are not sent completely. */
  get size(): number {
    return this.#calls.size
  }

  has(call: number): boolean {
    return this.#calls.has(call)
  }

  /** Takes a message over; `body` must not be changed any more. */
  push(type: number, call: number, body: Uint8Array): void {
    const queue = this.#calls.get(call)
    if (queue) queue.push({ type, body, sentBytes: 0 })
    else this.#calls.set(call, [{ type, body, sentBytes: 0 }])
  }

  /** Sends as many parts as the window allows; the rest follows when the connection has drained. */
  pump(): void {
    if (this.#calls.size === 0) return
    this.#flush()
    const pieces: Uint8Array[] = []
    let room = windowBytes - this.#stream.pendingBytes
    while (room > 0) {
      const next = this.#calls.entries().next()
      if (next.done === true) break
      const [call, queue] = next.value
      // To the end of the line: the next part is another call's, if there is one.
      this.#calls.delete(call)
      const message = queue[0] as Message
      const part = message.body.subarray(message.sentBytes, message.sentBytes + partBytes)
      message.sentBytes += part.length
      const last = message.sentBytes === message.body.length
      pieces.push(headOf(last ? message.type : frameTypes.part, call, part.length), part)
      room -= part.length
      if (last) queue.shift()
      if (queue.length > 0) this.#calls.set(call, queue)
    }
    if (pieces.length > 0) this.#stream.writeAll(pieces)
  }

  clear(): void {
    this.#calls.clear()
  }
}

function headOf(type: number, call: number, bodyBytes: number): Buffer {
  const head = Buffer.allocUnsafe(headBytes)
  head.writeUInt32LE(headBytes - 4 + bodyBytes, 0)
  head[4] = type
  head.writeUInt32LE(call, 5)
  return head
}
