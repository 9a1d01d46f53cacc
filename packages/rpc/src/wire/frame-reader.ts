import { Buffer } from 'node:buffer'

import { frameTypes, headBytes, maxFrameBytes, maxHandshakeFrameBytes, ProtocolViolation } from './frames.ts'

/** So much of a frame says how long it is and of which type. */
const tellingBytes = 5

/**
 * Receives a frame: its type, its call, and the body as a part of a larger buffer. The body is valid during the call only,
 * except that of a `part` frame, which may be kept.
 */
export type FrameReceiver = (type: number, call: number, buffer: Buffer, start: number, end: number) => void

/**
 * Cuts a stream of bytes into frames. Nothing is copied except a frame that spans several chunks. A length out of
 * bounds is a {@link ProtocolViolation}, seen before any of the frame is kept.
 */
export class FrameReader {
  readonly #receive: FrameReceiver
  #limit = maxHandshakeFrameBytes
  /** The first bytes of a frame of which not even the length has come. */
  readonly #beginning: Buffer = Buffer.alloc(tellingBytes)
  /** A frame that spans several chunks; as long as its first bytes are not all there, those. */
  #gathered: Buffer = this.#beginning
  #have = 0
  #want = 0
  /** Takes one `text` frame after the other: a new buffer for each would keep the garbage collector busy. */
  #textBuffer: Buffer | undefined

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
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const size = buffer.length
    let at = this.#have > 0 ? this.#gather(buffer, 0) : 0
    while (size - at >= headBytes) {
      const next = at + 4 + this.#checked(buffer.readUInt32LE(at))
      if (next > size) break
      this.#receiveWithin(buffer, at, next)
      at = next
    }
    if (at < size) this.#gather(buffer, at)
  }

  /** Hands over a frame that lies in one chunk. */
  #receiveWithin(chunk: Buffer, start: number, end: number): void {
    const type = chunk[start + 4] as number // the head was checked to be there
    const call = chunk.readUInt32LE(start + 5)
    if (type !== frameTypes.part) return this.#receive(type, call, chunk, start + headBytes, end)
    const body = Buffer.from(chunk.subarray(start + headBytes, end))
    this.#receive(type, call, body, 0, body.length)
  }

  /** Takes bytes for the frame that is not complete, and hands it over when it is. Returns how far it read. */
  #gather(buffer: Buffer, from: number): number {
    let at = from
    if (this.#have < tellingBytes) {
      at = this.#take(buffer, at, tellingBytes)
      if (this.#have >= 4) this.#checked(this.#beginning.readUInt32LE(0))
      if (this.#have < tellingBytes) return at
      this.#choose()
    }
    at = this.#take(buffer, at, this.#want)
    if (this.#have < this.#want) return at
    const whole = this.#gathered
    this.#gathered = this.#beginning
    this.#have = 0
    // As above.
    this.#receive(whole[4] as number, whole.readUInt32LE(5), whole, headBytes, this.#want)
    return at
  }

  #take(buffer: Buffer, at: number, until: number): number {
    const end = Math.min(buffer.length, at + until - this.#have)
    buffer.copy(this.#gathered, this.#have, at, end)
    this.#have += end - at
    return end
  }

  /** Chooses where the frame goes whose first bytes are there. */
  #choose(): void {
    this.#want = this.#beginning.readUInt32LE(0) + 4
    if (this.#beginning[4] === frameTypes.text) {
      if (this.#textBuffer === undefined || this.#textBuffer.length < this.#want)
        this.#textBuffer = Buffer.allocUnsafeSlow(this.#want)
      this.#gathered = this.#textBuffer
    } else this.#gathered = Buffer.allocUnsafe(this.#want)
    this.#beginning.copy(this.#gathered, 0)
  }

  #checked(length: number): number {
    if (length < headBytes - 4)
      throw new ProtocolViolation(`a frame says it has ${length} bytes; at least ${headBytes - 4} are needed`)
    if (length > this.#limit)
      throw new ProtocolViolation(`a frame says it has ${length} bytes; the limit is ${this.#limit}`)
    return length
  }
}
