import { Buffer } from 'node:buffer'
import { maxMessageBytes, ProtocolViolation } from './frames.ts'

/** Puts the parts of large messages together again, for all calls of one link, within one bound. */
export class MessageAssembly {
  readonly #parts = new Map<number, Buffer[]>()
  #bytes = 0

  /** @throws ProtocolViolation when the unfinished messages of the link are larger than one message may be. */
  add(call: number, part: Buffer): void {
    this.#bytes += part.length
    // One more part than a message has: the last one comes in another frame, and a peer may begin the next message.
    if (this.#bytes > 2 * maxMessageBytes) throw new ProtocolViolation(`unfinished messages have ${this.#bytes} bytes; the limit is ${2 * maxMessageBytes}`)
    const parts = this.#parts.get(call)
    if (parts) parts.push(part)
    else this.#parts.set(call, [part])
  }

  /** The whole body when parts of it came before; undefined when this frame holds all of it. */
  complete(call: number, buffer: Buffer, start: number, end: number): Buffer | undefined {
    if (this.#parts.size === 0) return undefined
    const parts = this.#parts.get(call)
    if (parts === undefined) return undefined
    this.#parts.delete(call)
    for (const part of parts) this.#bytes -= part.length
    return Buffer.concat([...parts, buffer.subarray(start, end)])
  }

  clear(): void {
    this.#parts.clear()
    this.#bytes = 0
  }
}
