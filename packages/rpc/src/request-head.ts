import type { Buffer } from 'node:buffer'
import type { Identity } from '@holon/contract'
import type { Call } from './call.ts'
import { frozenIdentity } from './frozen-identity.ts'
import type { FrameWriter } from './frame-writer.ts'
import { noTimeout, ProtocolViolation, requestFlags } from './frames.ts'
import { readPayload, writePayload } from './payload.ts'

const fixedBytes = 2 + 2 + 4 + 1 + 16 + 8 + 8
const noSpan = '0000000000000000'

/** What stands before the input in a request. */
export interface RequestHead {
  readonly operation: number
  readonly caller: number
  /** Milliseconds that were left when it was sent; Infinity: no deadline. */
  readonly timeoutMs: number
  readonly flags: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly identity: Identity | undefined
  readonly idempotencyKey: string | undefined
  /** Where the input begins. */
  readonly bodyStart: number
}

/** Appends the head of a request to the frame that was begun. */
export function writeRequestHead(writer: FrameWriter, call: Call, numbers: { operation: number; caller: number }, has: { body: boolean; items: boolean }): void {
  const { traceId, parentSpanId, sampled, identity, idempotencyKey } = call.start
  writer.reserve(fixedBytes)
  const { buffer, at } = writer
  const remaining = Math.ceil(call.remainingMs())
  buffer.writeUInt16LE(numbers.operation, at)
  buffer.writeUInt16LE(numbers.caller, at + 2)
  buffer.writeUInt32LE(remaining >= noTimeout ? noTimeout : remaining, at + 4)
  buffer[at + 8] =
    (sampled ? requestFlags.sampled : 0) |
    (identity ? requestFlags.identity : 0) |
    (idempotencyKey === undefined ? 0 : requestFlags.idempotencyKey) |
    (has.body ? requestFlags.body : 0) |
    (has.items ? requestFlags.items : 0)
  buffer.write(traceId, at + 9, 16, 'hex')
  buffer.write(call.spanId, at + 25, 8, 'hex')
  buffer.write(parentSpanId ?? noSpan, at + 33, 8, 'hex')
  writer.at = at + fixedBytes
  if (identity) writeBlock(writer, identity)
  if (idempotencyKey !== undefined) writeBlock(writer, idempotencyKey)
}

/** @throws ProtocolViolation when the body is too short for what its flags promise. */
export function readRequestHead(buffer: Buffer, start: number, end: number): RequestHead {
  if (end - start < fixedBytes) throw new ProtocolViolation(`a request of ${end - start} bytes is shorter than its head`)
  const flags = buffer[start + 8] as number
  const timeoutMs = buffer.readUInt32LE(start + 4)
  const parent = buffer.toString('hex', start + 33, start + 41)
  let at = start + fixedBytes
  const block = (): unknown => {
    if (end - at < 4) throw new ProtocolViolation('a request ends inside its head')
    const length = buffer.readUInt32LE(at)
    if (length > end - at - 4) throw new ProtocolViolation('a request ends inside its head')
    at += 4 + length
    return readPayload(buffer, at - length, at)
  }
  const identity = (flags & requestFlags.identity) !== 0 ? toIdentity(block()) : undefined
  const idempotencyKey = (flags & requestFlags.idempotencyKey) !== 0 ? String(block()) : undefined
  return {
    operation: buffer.readUInt16LE(start),
    caller: buffer.readUInt16LE(start + 2),
    timeoutMs: timeoutMs === noTimeout ? Infinity : timeoutMs,
    flags,
    traceId: buffer.toString('hex', start + 9, start + 25),
    spanId: buffer.toString('hex', start + 25, start + 33),
    parentSpanId: parent === noSpan ? undefined : parent,
    identity,
    idempotencyKey,
    bodyStart: at,
  }
}

/** A value with its length before it. */
function writeBlock(writer: FrameWriter, value: unknown): void {
  writer.reserve(4)
  const lengthAt = writer.at
  writer.at += 4
  writePayload(writer, value, 'The call context')
  writer.buffer.writeUInt32LE(writer.at - lengthAt - 4, lengthAt)
}

function toIdentity(value: unknown): Identity {
  const { subject, issuer, claims } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Identity>
  if (typeof subject !== 'string' || typeof issuer !== 'string') throw new ProtocolViolation('a request carries a malformed identity')
  return frozenIdentity({ subject, issuer, claims: typeof claims === 'object' && claims !== null ? claims : {} })
}
