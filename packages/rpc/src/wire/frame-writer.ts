import { Buffer } from 'node:buffer'

import type { ByteStream } from '../network/network.ts'
import { frameTypes, headBytes, partBytes } from './frames.ts'
import { PartQueue } from './part-queue.ts'

const slabBytes = 1 << 16
/** A batch leaves once this much waits, so that the other side begins while this one still encodes. */
const flushAtBytes = 6 * 1024

/**
 * Gathers frames in one buffer and hands them to the connection together: at the end of the current callback, while
 * {@link busy} at the end of the turn of the event loop, or as soon as {@link flushAtBytes} wait.
 */
export class FrameWriter {
  /** The slab; valid until the next {@link reserve}. */
  buffer: Buffer = Buffer.allocUnsafeSlow(slabBytes)
  /** Where the next byte goes. */
  at = 0
  /** Long strings that go ahead of the frame that was begun. */
  readonly texts: string[] = []
  /** Whether many calls are under way, so that gathering more pays and a moment's delay does not matter. */
  busy = false
  readonly #stream: ByteStream
  readonly #parts: PartQueue
  #frameStart = 0
  #type = 0
  #call = 0
  #scheduled = false
  #closed = false

  constructor(stream: ByteStream) {
    this.#stream = stream
    this.#parts = new PartQueue(stream, () => this.#flushGathered())
  }

  /** Begins a frame. Write its body at {@link at} (after {@link reserve}), then call {@link finish} or {@link abandon}. */
  begin(type: number, call: number): void {
    this.#frameStart = this.at
    this.#type = type
    this.#call = call
    this.reserve(headBytes)
    this.buffer[this.at + 4] = type
    this.buffer.writeUInt32LE(call, this.at + 5)
    this.at += headBytes
  }

  /** Completes the frame. A large one, and what follows it on its call, is sent in parts. */
  finish(): void {
    const length = this.at - this.#frameStart - 4
    const isLarge = length > partBytes && this.#type > frameTypes.refuse // frames of the handshake are never cut
    if (isLarge || this.texts.length > 0 || (this.#parts.size > 0 && this.#parts.has(this.#call))) this.#queueLarge()
    else this.buffer.writeUInt32LE(length, this.#frameStart)
    if (this.at >= flushAtBytes) this.flush()
    else this.#schedule()
  }

  /** Takes back the frame that was begun. */
  abandon(): void {
    this.at = this.#frameStart
    this.texts.length = 0
  }

  /** Bytes of the body written so far. */
  get bodyBytes(): number {
    return this.at - this.#frameStart - headBytes
  }

  /** A frame whose body is at hand. */
  frame(type: number, call: number, body?: Uint8Array): void {
    this.begin(type, call)
    if (body) this.append(body)
    this.finish()
  }

  /** A frame whose body is one number. */
  number(type: number, call: number, value: number): void {
    this.begin(type, call)
    this.reserve(4)
    this.at = this.buffer.writeUInt32LE(value, this.at)
    this.finish()
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
  }

  /** Makes room for `count` bytes at {@link at}. */
  reserve(count: number): void {
    if (this.at + count <= this.buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.at + count))
    this.buffer.copy(larger, 0, 0, this.at)
    this.buffer = larger
  }

  /** Sends what was gathered, and as much of large messages as the connection takes. */
  flush(): void {
    if (this.#closed) return
    this.#flushGathered()
    if (this.#parts.size > 0) this.#parts.pump()
  }

  #flushGathered(): void {
    if (this.at === 0 || this.#closed) return
    const bytes = this.buffer.subarray(0, this.at)
    this.at = 0
    this.#frameStart = 0
    // While the peer does not read, a whole slab must not be held for each small batch.
    if (this.#stream.pendingBytes !== 0 && bytes.length < slabBytes / 4)
      return void this.#stream.write(Buffer.from(bytes))
    this.#stream.write(bytes)
    // The system has taken everything: the same memory can serve again. Otherwise the connection still reads from it.
    if (this.#stream.pendingBytes !== 0 || this.buffer.length > slabBytes)
      this.buffer = Buffer.allocUnsafeSlow(slabBytes)
  }

  /** Takes the body out of the slab. A large one keeps the slab for itself, which spares copying it. */
  #queueLarge(): void {
    const start = this.#frameStart
    const end = this.at
    const body = this.buffer.subarray(start + headBytes, end)
    const texts = this.texts.splice(0)
    this.at = start
    if (end - start <= partBytes) return this.#parts.push(this.#type, this.#call, { body: Buffer.from(body), texts })
    const gathered = this.buffer.subarray(0, start)
    this.at = 0
    this.buffer = Buffer.allocUnsafeSlow(slabBytes)
    if (start > 0) this.#stream.write(gathered)
    this.#parts.push(this.#type, this.#call, { body, texts })
  }

  /** Whether parts of large messages still wait to be sent. */
  get pending(): boolean {
    return this.#parts.size > 0
  }

  /** The peer has read so much of the large messages sent to it. */
  grant(bytes: number): void {
    this.#parts.grant(bytes)
  }

  /** Drops what waits; nothing is sent from now on. */
  close(): void {
    this.#closed = true
    this.at = 0
    this.#parts.clear()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    if (this.busy && this.#stream.afterPoll) this.#stream.afterPoll(this.#flushScheduled)
    else process.nextTick(this.#flushScheduled)
  }

  readonly #flushScheduled = (): void => {
    this.#scheduled = false
    this.flush()
  }
}
