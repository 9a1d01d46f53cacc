import { Buffer } from 'node:buffer'

import type { ByteStream } from '../network/network.ts'
import { frameTypes, headBytes } from './frames.ts'

/** Long strings are encoded in pieces of so many code units, each in a fraction of a millisecond. */
const pieceUnits = 64 * 1024
const slabBytes = 2 * 1024 * 1024
/** No piece takes more: three bytes for each unit. */
const mostPieceBytes = headBytes + 1 + 3 * (pieceUnits + 1)

/**
 * Encodes pieces of long strings as frames of type `text`, round and round in the same memory: new memory for each
 * piece would keep the garbage collector busier than the encoding.
 */
export class TextSlab {
  readonly #stream: ByteStream
  #slab: Buffer | undefined
  #at = 0
  /** Bytes that the connection may still have to read from the slab. */
  #busy = 0

  constructor(stream: ByteStream) {
    this.#stream = stream
  }

  /** To be called before frames are made, when all frames made before have been written. */
  begin(): void {
    this.#busy = this.#stream.pendingBytes
    if (this.#busy === 0) this.#at = 0
  }

  /** The frame of a piece of `text` that begins at unit `from`, and where the piece ends. */
  frame(call: number, text: string, from: number): { readonly frame: Buffer; readonly end: number } {
    let end = Math.min(text.length, from + pieceUnits)
    // A pair of surrogates stays together: each half alone would be lost in UTF-8.
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end++
    const slab = this.#withRoom()
    const start = this.#at
    const bodyAt = start + headBytes
    // Whether it is the string's last.
    slab[bodyAt] = end === text.length ? 1 : 0
    const bytes = 1 + slab.write(text.substring(from, end), bodyAt + 1, 'utf8')
    slab.writeUInt32LE(headBytes - 4 + bytes, start)
    slab[start + 4] = frameTypes.text
    slab.writeUInt32LE(call, start + 5)
    this.#at = bodyAt + bytes
    this.#busy += headBytes + bytes
    return { frame: slab.subarray(start, this.#at), end }
  }

  #withRoom(): Buffer {
    // What is busy lies behind, on both sides of the end; up to a piece was left free there.
    const fits = this.#busy + 2 * mostPieceBytes <= slabBytes
    if (this.#slab === undefined || !fits) {
      this.#slab = Buffer.allocUnsafeSlow(slabBytes)
      this.#at = this.#busy = 0
    } else if (this.#at + mostPieceBytes > slabBytes) this.#at = 0
    return this.#slab
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}
