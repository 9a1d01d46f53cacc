import type { Buffer } from 'node:buffer'
import { Packr, Unpackr } from 'msgpackr'
import { ServiceError } from '@holon/contract'
import type { FrameWriter } from './frame-writer.ts'
import { maxFrameBytes, ProtocolViolation } from './frames.ts'

/**
 * The self-describing encoding of values: MessagePack without shared structures. Unlike JSON it carries what is not
 * JSON (a Date, NaN, undefined) as what it is, so that the schema refuses it on the other side exactly as it does
 * in process.
 */
const packr = new Packr({ useRecords: false, mapsAsObjects: true, moreTypes: false })
const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, moreTypes: false })

/**
 * Appends `value` to the frame that was begun.
 *
 * @throws ServiceError `invalid_argument` when it holds something that cannot be encoded, `resource_exhausted` when it
 *   is larger than a frame may be.
 */
export function writePayload(writer: FrameWriter, value: unknown, what: string): void {
  let bytes: Uint8Array
  try {
    bytes = packr.pack(value)
  } catch (error) {
    const reason = error instanceof RangeError ? 'it is nested too deeply or refers to itself' : 'it holds something that cannot travel'
    throw new ServiceError('invalid_argument', `${what} cannot be sent: ${reason}.`, { mayHaveRun: false, cause: error })
  }
  if (bytes.length > maxFrameBytes - 4096) {
    throw new ServiceError('resource_exhausted', `${what} has ${bytes.length} bytes; at most ${maxFrameBytes - 4096} can be sent. Use paging or a stream.`, { mayHaveRun: false })
  }
  writer.append(bytes)
}

/** Reads the value in `buffer` between `start` and `end`; nothing in it refers to the buffer. */
export function readPayload(buffer: Buffer, start: number, end: number): unknown {
  if (start === end) return undefined
  try {
    return unpackr.unpack(buffer.subarray(start, end))
  } catch (error) {
    throw new ProtocolViolation(`a value cannot be decoded: ${error instanceof Error ? error.message : String(error)}`)
  }
}
