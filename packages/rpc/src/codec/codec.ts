import { Buffer } from 'node:buffer'

import type { JsonSchema } from '@holon/contract'

import type { FrameWriter } from '../wire/frame-writer.ts'
import { encodings, ProtocolViolation } from '../wire/frames.ts'
import { decoderSource } from './decoder-source.ts'
import { encoderSource } from './encoder-source.ts'
import { type Extras, readLayout } from './layout.ts'

/** Reads and writes an open position in the self-describing encoding. */
export interface OpenEncoding {
  pack(value: unknown): Uint8Array
  unpack(bytes: Uint8Array): unknown
}

/**
 * The compiled encoding of one schema: values by position, without field names, in functions made once.
 *
 *     u32 length of the positions | positions | all strings of the value as one UTF-8 text
 *
 * A string's position is its length in UTF-16 code units: one call into the engine decodes all strings of a message,
 * and cutting is cheap. A string of {@link longTextUnits} and more is not among them: it goes ahead of the value in
 * pieces, each encoded when its turn comes, so that not even a string of 50 MB keeps anything waiting.
 */
export interface Codec {
  /** The byte before a value that says it is encoded this way. */
  readonly encoding: number
  /** Appends the value to the frame that was begun. False, with nothing written: it does not fit the schema. */
  encode(writer: FrameWriter, value: unknown): boolean
  /**
   * Reads a value of its own, checked in the same pass; `texts` are the long strings that came ahead of it. Throws a
   * `ProtocolViolation` for bytes that do not fit.
   */
  decode(buffer: Buffer, start: number, end: number, texts?: readonly string[]): unknown
  /** Whether decoding checks all that the JSON Schema demands. */
  readonly complete: boolean
  /** Whether a decoded value is certainly valid; otherwise the schema's own validation has still to run. */
  readonly validates: boolean
}

/** A string of so many UTF-16 code units goes ahead of its value. */
export const longTextUnits: number = 32 * 1024

/** Compiles the codec of a schema. Takes about a millisecond: done when an operation is first used. */
export function compileCodec(
  schema: JsonSchema,
  extras: Extras,
  { openEncoding, checkedByDecoding }: { readonly openEncoding: OpenEncoding; readonly checkedByDecoding: boolean },
): Codec {
  const document = readLayout(schema, extras)
  const bad = (): never => {
    throw new ProtocolViolation('a value does not fit its schema')
  }
  // The source consists of the shells below and of keys and constants escaped by JSON.stringify, nothing else.
  const encoder = new Function(
    'Buffer',
    'longTextUnits',
    'openEncoding',
    `${encoderShell}\n${encoderSource(document)}\nreturn encode`,
  ) as (buffer: typeof Buffer, longTextUnits: number, open: OpenEncoding) => Codec['encode']
  // Both return what the last line of their source names.
  const decoder = new Function('openEncoding', 'bad', `${decoderShell}\n${decoderSource(document)}\nreturn decode`) as (
    open: OpenEncoding,
    bad: () => never,
  ) => Codec['decode']
  return {
    encode: encoder(Buffer, longTextUnits, openEncoding),
    decode: decoder(openEncoding, bad),
    complete: document.complete,
    validates: document.complete && checkedByDecoding,
    encoding: encodings.positional,
  }
}

/*
 * A number is one byte up to 251, otherwise a tag and 2, 4 or 8 bytes: 252 int16, 253 int32, 254 float64. A length uses
 * the same tags, unsigned. -0 is a float64, so that it arrives as -0. A length with tag 254 is that of the next long
 * string.
 */
const encoderShell = `'use strict'
let w, b, at, s, texts
function need(n) { if (at + n > b.length) { w.at = at; w.reserve(n); b = w.buffer } }
function num(v) {
  const i = v | 0
  if (i !== v || (i === 0 && 1 / v < 0)) { b[at] = 254; b.writeDoubleLE(v, at + 1); at += 9 }
  else if (i >= 0 && i < 252) b[at++] = i
  else if (i >= -32768 && i < 32768) { b[at] = 252; b[at + 1] = i; b[at + 2] = i >> 8; at += 3 }
  else { b[at] = 253; b[at + 1] = i; b[at + 2] = i >> 8; b[at + 3] = i >> 16; b[at + 4] = i >> 24; at += 5 }
}
function len(n) {
  if (n < 252) b[at++] = n
  else if (n < 65536) { b[at] = 252; b[at + 1] = n; b[at + 2] = n >> 8; at += 3 }
  else { b[at] = 253; b[at + 1] = n; b[at + 2] = n >> 8; b[at + 3] = n >> 16; b[at + 4] = n >> 24; at += 5 }
}
function str(v) {
  const n = v.length
  if (n < longTextUnits) { len(n); s += v }
  else {
    b[at] = 254; b[at + 1] = n; b[at + 2] = n >> 8; b[at + 3] = n >> 16; b[at + 4] = n >> 24; at += 5
    texts.push(v)
  }
}
function open(v) {
  const bytes = openEncoding.pack(v)
  need(bytes.length + 16)
  len(bytes.length)
  b.set(bytes, at)
  at += bytes.length
}
function encode(writer, v) {
  const start = writer.at
  w = writer; b = writer.buffer; at = start; s = ''; texts = writer.texts
  need(16)
  at += 4
  let fits = false
  try {
    fits = root(v)
    if (fits) {
      b.writeUInt32LE(at - start - 4, start)
      const most = s.length < 4096 ? s.length * 3 : Buffer.byteLength(s)
      need(most)
      if (most > 0) at += b.write(s, at, most, 'utf8')
    }
  } catch { fits = false } // a getter that throws, a depth that overflows: the other encoding reports it
  writer.at = fits ? at : start
  if (!fits) texts.length = 0
  w = b = texts = undefined; s = ''
  return fits
}`

const decoderShell = `'use strict'
let b, at, end, t, p, texts, next
function num() {
  const c = b[at++]
  if (c < 252) return c
  if (c === 252) { at += 2; return ((b[at - 2] | (b[at - 1] << 8)) << 16) >> 16 }
  if (c === 253) { at += 4; return b[at - 4] | (b[at - 3] << 8) | (b[at - 2] << 16) | (b[at - 1] << 24) }
  if (c !== 254 || at + 8 > end) bad()
  at += 8
  return b.readDoubleLE(at - 8)
}
function len() {
  const c = b[at++]
  if (c < 252) return c
  if (c === 252) { at += 2; return b[at - 2] | (b[at - 1] << 8) }
  if (c !== 253) bad()
  at += 4
  return (b[at - 4] | (b[at - 3] << 8) | (b[at - 2] << 16) | (b[at - 1] << 24)) >>> 0
}
function str() {
  if (b[at] === 254) {
    at += 5
    const text = texts?.[next++]
    if (text === undefined || text.length !== (b[at - 4] | (b[at - 3] << 8) | (b[at - 2] << 16) | (b[at - 1] << 24))) bad()
    return text
  }
  const n = len(), from = p
  p += n
  if (p > t.length) bad()
  return t.substring(from, p)
}
function open() {
  const n = len()
  if (n > end - at) bad()
  at += n
  return openEncoding.unpack(b.subarray(at - n, at))
}
function decode(buffer, start, stop, ahead) {
  if (stop - start < 4) bad()
  const positions = buffer.readUInt32LE(start)
  if (positions > stop - start - 4) bad()
  b = buffer; at = start + 4; end = at + positions; p = next = 0; texts = ahead
  t = end === stop ? '' : buffer.utf8Slice(end, stop)
  let v
  try { v = root() } catch { bad() } // bad() itself, or a depth that overflows
  if (at !== end || p !== t.length || next !== (texts?.length ?? 0)) bad()
  b = texts = undefined; t = ''
  return v
}`
