import type { Buffer } from 'node:buffer'

import type { Identity } from '@holon/contract'

import type { CallStart } from './call.ts'
import type { FrameWriter } from './frame-writer.ts'
import { noTimeout, ProtocolViolation, requestFlags } from './frames.ts'
import { frozenIdentity } from './frozen-identity.ts'
import { readPayload, writePayload } from './payload.ts'
import { TraceId } from './trace-ids.ts'

const fixedBytes = 2 + 2 + 4 + 1 + 16 + 8 + 8

/** What stands before the input in a request. */
export interface RequestHead {
  readonly operation: number
  readonly caller: number
  /** Milliseconds that were left when it was sent; Infinity: no deadline. */
  readonly timeoutMs: number
  readonly flags: number
  readonly traceId: TraceId
  readonly spanHigh: number
  readonly spanLow: number
  readonly parentHigh: number
  readonly parentLow: number
  readonly identity: Identity | undefined
  readonly idempotencyKey: string | undefined
  /** Where the input begins. */
  readonly bodyStart: number
}

/** The numbers that a link has given to the operation and the caller. */
export interface RequestNumbers {
  readonly operation: number
  readonly caller: number
  /** {@link requestFlags} `agrees` and `items`. */
  readonly flags: number
  readonly remainingMs: number
}

/** Appends the head of a request to the frame that was begun. */
export function writeRequestHead(writer: FrameWriter, start: CallStart, numbers: RequestNumbers): void {
  const { traceId, identity, idempotencyKey } = start
  writer.reserve(fixedBytes)
  const { buffer, at } = writer
  const remaining = Math.ceil(numbers.remainingMs)
  const { sampled } = requestFlags
  const extra =
    (identity === undefined ? 0 : requestFlags.identity) |
    (idempotencyKey === undefined ? 0 : requestFlags.idempotencyKey)
  write16(buffer, at, numbers.operation)
  write16(buffer, at + 2, numbers.caller)
  write32(buffer, at + 4, remaining >= noTimeout ? noTimeout : remaining)
  buffer[at + 8] = (start.sampled ? sampled : 0) | numbers.flags | extra
  write32(buffer, at + 9, traceId.a)
  write32(buffer, at + 13, traceId.b)
  write32(buffer, at + 17, traceId.c)
  write32(buffer, at + 21, traceId.d)
  write32(buffer, at + 25, start.spanHigh)
  write32(buffer, at + 29, start.spanLow)
  write32(buffer, at + 33, start.parentHigh)
  write32(buffer, at + 37, start.parentLow)
  writer.at = at + fixedBytes
  if (identity !== undefined) writeBlock(writer, identity)
  if (idempotencyKey !== undefined) writeBlock(writer, idempotencyKey)
}

/** @throws ProtocolViolation when the body is too short for what its flags promise. */
export function readRequestHead(buffer: Buffer, start: number, end: number): RequestHead {
  if (end - start < fixedBytes)
    throw new ProtocolViolation(`a request of ${end - start} bytes is shorter than its head`)
  const flags = buffer[start + 8] as number
  const timeoutMs = read32(buffer, start + 4) >>> 0
  let at = start + fixedBytes
  const block = (): unknown => {
    if (end - at < 4) throw new ProtocolViolation('a request ends inside its head')
    const length = read32(buffer, at) >>> 0
    if (length > end - at - 4) throw new ProtocolViolation('a request ends inside its head')
    at += 4 + length
    return readPayload(buffer, at - length, at, undefined)
  }
  return {
    operation: read32(buffer, start) & 0xffff,
    caller: read32(buffer, start) >>> 16,
    timeoutMs: timeoutMs === noTimeout ? Infinity : timeoutMs,
    flags,
    traceId: new TraceId(
      read32(buffer, start + 9),
      read32(buffer, start + 13),
      read32(buffer, start + 17),
      read32(buffer, start + 21),
    ),
    spanHigh: read32(buffer, start + 25),
    spanLow: read32(buffer, start + 29),
    parentHigh: read32(buffer, start + 33),
    parentLow: read32(buffer, start + 37),
    identity: (flags & requestFlags.identity) === 0 ? undefined : toIdentity(block()),
    idempotencyKey: (flags & requestFlags.idempotencyKey) === 0 ? undefined : String(block()),
    bodyStart: at,
  }
}

function write16(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value
  buffer[at + 1] = value >>> 8
}

function write32(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value
  buffer[at + 1] = value >>> 8
  buffer[at + 2] = value >>> 16
  buffer[at + 3] = value >>> 24
}

/** A signed 32-bit number, which V8 keeps without allocating. The caller has checked the length. */
function read32(buffer: Buffer, at: number): number {
  return (
    (buffer[at] as number) |
    ((buffer[at + 1] as number) << 8) |
    ((buffer[at + 2] as number) << 16) |
    ((buffer[at + 3] as number) << 24)
  )
}

/** A value with its length before it. */
function writeBlock(writer: FrameWriter, value: unknown): void {
  writer.reserve(4)
  const lengthAt = writer.at
  writer.at += 4
  writePayload(writer, value, undefined)
  write32(writer.buffer, lengthAt, writer.at - lengthAt - 4)
}

function toIdentity(value: unknown): Identity {
  const { subject, issuer, claims } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Identity>
  if (typeof subject !== 'string' || typeof issuer !== 'string')
    throw new ProtocolViolation('a request carries a malformed identity')
  return frozenIdentity({ subject, issuer, claims: typeof claims === 'object' && claims !== null ? claims : {} })
}
