import { Buffer } from 'node:buffer'

import { encodings } from '../wire/frames.ts'
import { JsonText } from '../wire/json-text.ts'
import type { Codec } from './codec.ts'

/** Values as JSON text, for an edge that hands answers on without looking at them. Decodes to a {@link JsonText}. */
export const jsonCodec: Codec = {
  encoding: encodings.json,
  encode(writer, value) {
    const text = JSON.stringify(value)
    const most = text.length < 4096 ? text.length * 3 : Buffer.byteLength(text)
    writer.reserve(most)
    writer.at += writer.buffer.write(text, writer.at, most, 'utf8')
    return true
  },
  // A copy: the memory that a link reads into is soon written over.
  decode: (buffer, start, end) => new JsonText(Buffer.from(buffer.subarray(start, end))),
  complete: false,
  validates: false,
}
