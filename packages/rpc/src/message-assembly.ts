import { Buffer } from 'node:buffer'

import { maxMessageBytes, partBytes, ProtocolViolation } from './frames.ts'

/** What a piece takes besides its text. */
const pieceOverheadBytes = 256

/** What has come of a message that is not complete. */
interface Unfinished {
  readonly parts: Buffer[]
  /** Long strings that are complete, and the pieces of the next one. */
  readonly texts: string[]
  text: string
  bytes: number
}

/** A complete message: its body, and the long strings that came ahead of it. */
export interface Assembled {
  readonly body: Buffer
  readonly texts: readonly string[]
}

/** Puts the parts of large messages together again, for all calls of one link, within one bound. */
export class MessageAssembly {
  readonly #unfinished = new Map<number, Unfinished>()
  #bytes = 0

  /** A part of a body. All have the same size: many small ones would take more memory than the bound counts. */
  addPart(call: number, part: Buffer): void {
    if (part.length !== partBytes)
      throw new ProtocolViolation(`a part has ${part.length} bytes instead of ${partBytes}`)
    this.#of(call, part.length).parts.push(part)
  }

  /** A piece of a long string, with the byte before it that says whether it is the last. */
  addText(call: number, piece: Buffer): void {
    if (piece.length < 1) throw new ProtocolViolation('a piece of a long string is empty')
    const unfinished = this.#of(call, piece.length + pieceOverheadBytes)
    unfinished.text += piece.toString('utf8', 1)
    if (piece[0] !== 1) return
    unfinished.texts.push(unfinished.text)
    unfinished.text = ''
  }

  /** The whole message when parts of it came before; undefined when this frame holds all of it. */
  complete(call: number, buffer: Buffer, start: number, end: number): Assembled | undefined {
    if (this.#unfinished.size === 0) return undefined
    const unfinished = this.#unfinished.get(call)
    if (unfinished === undefined) return undefined
    if (unfinished.text !== '') throw new ProtocolViolation('a message ends inside a long string')
    this.#unfinished.delete(call)
    this.#bytes -= unfinished.bytes
    const { parts, texts } = unfinished
    return {
      body: parts.length === 0 ? buffer.subarray(start, end) : Buffer.concat([...parts, buffer.subarray(start, end)]),
      texts,
    }
  }

  clear(): void {
    this.#unfinished.clear()
    this.#bytes = 0
  }

  /** @throws ProtocolViolation when the unfinished messages of the link are larger than two messages may be. */
  #of(call: number, bytes: number): Unfinished {
    this.#bytes += bytes
    if (this.#bytes > 2 * maxMessageBytes)
      throw new ProtocolViolation(`unfinished messages have ${this.#bytes} bytes; the limit is ${2 * maxMessageBytes}`)
    const known = this.#unfinished.get(call)
    if (known) {
      known.bytes += bytes
      return known
    }
    const unfinished: Unfinished = { parts: [], texts: [], text: '', bytes }
    this.#unfinished.set(call, unfinished)
    return unfinished
  }
}
