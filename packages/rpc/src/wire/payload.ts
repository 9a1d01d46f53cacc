import type { Buffer } from 'node:buffer'

import { isInstance, isServiceError, messageOf, ServiceError } from '@holon/contract'
import { Packr, Unpackr } from 'msgpackr'

import type { Codec, OpenEncoding } from '../codec/codec.ts'
import type { FrameWriter } from './frame-writer.ts'
import { encodings, maxMessageBytes, ProtocolViolation } from './frames.ts'
import { JsonText } from './json-text.ts'
import { scanMessagePack } from './message-pack-scan.ts'

/**
 * The self-describing encoding of values: MessagePack without shared structures. Unlike JSON it carries NaN and
 * undefined as what they are, so that the schema refuses them on the other side exactly as it does in process.
 */
const packr = new Packr({ useRecords: false, mapsAsObjects: true, moreTypes: false })
/** Integers of 64 bits, as encoders of other languages like to write them, become numbers as they do in JSON. */
const unpackr = new Unpackr({
  useRecords: false,
  mapsAsObjects: true,
  moreTypes: false,
  int64AsType: 'number',
  // Bytes that a foreign encoder may send; what a link has read is soon written over.
  copyBuffers: true,
})

export const openEncoding: OpenEncoding = { pack, unpack }

/**
 * Appends `value`, with the number of its encoding before it, to the frame that was begun: JSON text as it is, compiled
 * where there is a codec and the value fits it, self-describing otherwise. Nothing is written for undefined.
 *
 * @throws ServiceError `invalid_argument` when it holds something that cannot be encoded, or is larger than a message may
 *   be: another try would end the same way. Where the value is an answer, see {@link unsendable}.
 */
export function writePayload(writer: FrameWriter, value: unknown, codec: Codec | undefined): void {
  if (value === undefined) return
  writer.reserve(1)
  const start = writer.at++
  if (value instanceof JsonText) {
    writer.append(value.bytes)
    writer.buffer[start] = encodings.json
  } else if (codec !== undefined && codec.encode(writer, value)) writer.buffer[start] = codec.encoding
  else {
    writer.append(pack(value))
    writer.buffer[start] = encodings.selfDescribing
  }
  const bytes = sizeOf(writer.at - start, writer.texts)
  if (bytes > maxMessageBytes)
    throw new ServiceError(
      'invalid_argument',
      `The value has ${bytes} bytes; at most ${maxMessageBytes} can be sent. Use paging or a stream.`,
      { mayHaveRun: false },
    )
}

/** The error of an answer, or an item of one, that {@link writePayload} refused: what a service gives is its own fault. */
export function unsendable(what: string, error: unknown): ServiceError {
  const reason = isServiceError(error) ? error.message : 'it cannot be encoded.'
  return new ServiceError('internal', `${what} cannot be sent: ${reason}`)
}

/** A value in the self-describing encoding, with its number before it: for what is sent again and again. */
export function packPayload(value: unknown): Uint8Array {
  const packed = pack(value)
  const bytes = new Uint8Array(1 + packed.length)
  bytes[0] = encodings.selfDescribing
  bytes.set(packed, 1)
  return bytes
}

function pack(value: unknown): Uint8Array {
  try {
    return packr.pack(value)
  } catch {
    return packAwkward(value)
  }
}

/** Objects with a field `constructor` and another `toJSON` look like classes to msgpackr; a Map has only its entries. */
function packAwkward(value: unknown): Uint8Array {
  try {
    return packr.pack(toMaps(value))
  } catch (error) {
    const reason = isInstance(error, RangeError)
      ? 'it is nested too deeply or refers to itself'
      : 'it holds something that cannot travel'
    throw new ServiceError('invalid_argument', `The value cannot be sent: ${reason}.`, {
      mayHaveRun: false,
      cause: error,
    })
  }
}

function toMaps(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(toMaps)
  return new Map(Object.entries(value).map(([key, item]) => [key, toMaps(item)]))
}

/** Reads the value in `buffer` between `start` and `end`; nothing in it refers to the buffer. */
export function readPayload(
  buffer: Buffer,
  start: number,
  end: number,
  codec: Codec | undefined,
  texts?: readonly string[],
): unknown {
  if (start === end) return undefined
  const encoding = buffer[start]
  if (codec !== undefined && encoding === codec.encoding) return codec.decode(buffer, start + 1, end, texts)
  if (encoding !== encodings.selfDescribing)
    throw new ProtocolViolation(`a value has the encoding ${encoding}, which is not expected here`)
  return unpack(buffer.subarray(start + 1, end))
}

/** Whether the value in `buffer` between `start` and `end` is JSON text. */
export function isJsonText(buffer: Buffer, start: number, end: number): boolean {
  return start < end && buffer[start] === encodings.json
}

/** How large a value is: its body, and the long strings that go ahead of it. */
export function sizeOf(bodyBytes: number, texts: readonly string[] | undefined): number {
  let size = bodyBytes
  // Index and cast instead of for-of: this is on the path of every value.
  if (texts !== undefined) for (let index = 0; index < texts.length; index++) size += (texts[index] as string).length
  return size
}

function unpack(bytes: Uint8Array): unknown {
  scanMessagePack(bytes)
  try {
    return unpackr.unpack(bytes)
  } catch (error) {
    throw new ProtocolViolation(`a value cannot be decoded: ${messageOf(error)}`)
  }
}
