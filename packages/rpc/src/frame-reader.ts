import { Buffer } from 'node:buffer'

import { headBytes, maxFrameBytes, maxHandshakeFrameBytes, ProtocolViolation } from './frames.ts'

/** Pieces of one frame that are kept apart. */
const mostParts = 1024

/** Receives a frame: its type, its call, and the body as a part of a larger buffer. */
export type FrameReceiver = (type: number, call: number, buffer: Buffer, start: number, end: number) => void

/**
 * Cuts a stream of bytes into frames. Nothing is copied except a frame that spans several chunks. A length out of
 * bounds is a {@link ProtocolViolation}, seen before any of the frame is kept.
 */
export class FrameReader {
  readonly #receive: FrameReceiver
  #parts: Buffer[] = []
  #have = 0
  #want = 0
  #limit = maxHandshakeFrameBytes

  constructor(receive: FrameReceiver) {
    this.#receive = receive
  }

  /** After the handshake frames may be as large as {@link maxFrameBytes}. */
  trust(): void {
    this.#limit = maxFrameBytes
  }

  /** Whether a frame has begun that is not complete. */
  get partial(): boolean {
    return this.#have > 0
  }

  push(bytes: Uint8Array): void {
    let buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (this.#have > 0) {
      this.#parts.push(buffer)
      this.#have += buffer.length
      if (this.#have < this.#want) return this.#gather()
      buffer = Buffer.concat(this.#parts, this.#have)
      this.#parts = []
      this.#have = 0
    }
    let at = 0
    while (buffer.length - at >= 4) {
      const length = this.#checked(buffer.readUInt32LE(at))
      const next = at + 4 + length
      if (next > buffer.length) break
      this.#receive(buffer[at + 4] as number, buffer.readUInt32LE(at + 5), buffer, at + headBytes, next)
      at = next
    }
    if (at < buffer.length) this.#keep(buffer.subarray(at))
  }

  /** Many tiny pieces would take far more memory than their bytes. */
  #gather(): void {
    if (this.#parts.length >= mostParts) this.#parts = [Buffer.concat(this.#parts, this.#have)]
  }

  #keep(rest: Buffer): void {
    this.#parts = [rest]
    this.#have = rest.length
    this.#want = rest.length >= 4 ? rest.readUInt32LE(0) + 4 : 4
  }

  #checked(length: number): number {
    if (length < headBytes - 4)
      throw new ProtocolViolation(`a frame says it has ${length} bytes; at least ${headBytes - 4} are needed`)
    if (length > this.#limit)
      throw new ProtocolViolation(`a frame says it has ${length} bytes; the limit is ${this.#limit}`)
    return length
  }
}
