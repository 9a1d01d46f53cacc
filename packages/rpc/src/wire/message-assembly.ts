import { Buffer } from 'node:buffer'

import { maxMessageBytes, partBytes, ProtocolViolation } from './frames.ts'

/** What a piece takes besides its text. */
const pieceOverhead = 256

/** What has come of a message that is not complete. */
interface Unfinished {
  readonly parts: Buffer[]
  /** Long strings that are complete, and the pieces of the next one. */
  readonly texts: string[]
  text: string
  /** As its sender measures it: bytes of the body, and characters of the long strings. */
  size: number
  /** What it takes here, in the same measure. */
  held: number
}

/** A complete message: its body, and the long strings that came ahead of it. */
export interface Assembled {
  readonly body: Buffer
  readonly texts: readonly string[]
}

/** Puts the parts of large messages together again, for all calls of one link, within one bound. */
export class MessageAssembly {
  readonly #unfinished = new Map<number, Unfinished>()
  #held = 0

  /** A part of a body. All have the same size: many small ones would take more memory than the bound counts. */
  addPart(call: number, part: Buffer): void {
    if (part.length !== partBytes)
      throw new ProtocolViolation(`a part has ${part.length} bytes instead of ${partBytes}`)
    this.#of(call, part.length, part.length).parts.push(part)
  }

  /** A piece of a long string, with the byte before it that says whether it is the last. */
  addText(call: number, piece: Buffer): void {
    if (piece.length < 1) throw new ProtocolViolation('a piece of a long string is empty')
    const text = piece.toString('utf8', 1)
    const unfinished = this.#of(call, text.length, text.length + pieceOverhead)
    unfinished.text += text
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
    checkSize(unfinished.size + end - start)
    this.#unfinished.delete(call)
    this.#held -= unfinished.held
    const { parts, texts } = unfinished
    return {
      body: parts.length === 0 ? buffer.subarray(start, end) : Buffer.concat([...parts, buffer.subarray(start, end)]),
      texts,
    }
  }

  clear(): void {
    this.#unfinished.clear()
    this.#held = 0
  }

  /**
   * The message that gets a piece. @throws ProtocolViolation as soon as it is larger than a message may be, or all that
   * are unfinished are together larger than two.
   */
  #of(call: number, size: number, held: number): Unfinished {
    this.#held += held
    if (this.#held > 2 * maxMessageBytes)
      throw new ProtocolViolation(`unfinished messages have ${this.#held} bytes; the limit is ${2 * maxMessageBytes}`)
    let unfinished = this.#unfinished.get(call)
    if (unfinished === undefined) {
      unfinished = { parts: [], texts: [], text: '', size: 0, held: 0 }
      this.#unfinished.set(call, unfinished)
    }
    checkSize((unfinished.size += size))
    unfinished.held += held
    return unfinished
  }
}

function checkSize(size: number): void {
  if (size > maxMessageBytes) throw new ProtocolViolation(`a message has more than ${maxMessageBytes} bytes, the limit`)
}
