import type { Buffer } from 'node:buffer'

import { isRecord, type Identity, type ServiceError } from '@holon/contract'

import { undeclared } from '../call/call-refusals.ts'
import type { CallStart } from '../call/call.ts'
import type { CallerListing } from '../call/caller-role.ts'
import { isOpen, notOpen } from '../call/caller-roles.ts'
import type { BoundOperation } from '../call/dispatcher.ts'
import { frozenIdentity } from '../call/frozen-identity.ts'
import { TraceId } from '../call/trace-ids.ts'
import { type EncodedIdentities, IdentityCache } from '../link/identity-cache.ts'
import type { FrameWriter } from './frame-writer.ts'
import { noTimeout, ProtocolViolation, requestFlags } from './frames.ts'
import { readPayload, writePayload } from './payload.ts'

const fixedBytes = 2 + 2 + 4 + 1 + 16 + 8 + 8

/** The numbers that a link has given to the operation and the caller. */
export interface RequestNumbers {
  readonly operation: number
  readonly caller: number
  /** {@link requestFlags} `agrees` and `items`. */
  readonly flags: number
  readonly remainingMs: number
  /** 0 also where the peer does not read it. */
  readonly depth: number
  readonly identities: EncodedIdentities
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
    (idempotencyKey === undefined ? 0 : requestFlags.idempotencyKey) |
    (numbers.depth === 0 ? 0 : requestFlags.depth)
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
  if (numbers.depth !== 0) {
    writer.reserve(1)
    writer.buffer[writer.at++] = numbers.depth
  }
  if (identity !== undefined) {
    const bytes = numbers.identities.get(identity)
    writer.reserve(4)
    write32(writer.buffer, writer.at, bytes.length)
    writer.at += 4
    writer.append(bytes)
  }
  if (idempotencyKey !== undefined) writeBlock(writer, idempotencyKey)
}

/** Who may call what over a link. */
export interface Offered {
  readonly operations: readonly BoundOperation[]
  readonly callers: readonly CallerListing[]
}

/** Reads what stands before the input in the requests of one link; the fields are those of the request read last. */
export class RequestReader {
  readonly #offered: Offered
  readonly #identities = new IdentityCache()
  /** Of the numbers of callers and operations: whether the one may call the other. */
  readonly #allowed: readonly (readonly boolean[])[]
  /** The number of the operation, which is one of those offered. */
  operation = 0
  /** The number of the caller, who may be nobody. */
  caller = 0
  flags = 0
  /** Whether the caller may call it; {@link refusal} says why not. */
  allowed = false
  /** Where the input begins. */
  bodyStart = 0

  constructor(offered: Offered) {
    this.#offered = offered
    this.#allowed = offered.callers.map((caller) =>
      offered.operations.map((bound) => caller.uses.includes(bound.operation.service) && isOpen(bound, caller.role)),
    )
  }

  /** Why the caller of the request that was read may not call `bound`, which it names. */
  refusal({ caller: name }: CallStart, bound: BoundOperation): ServiceError {
    const caller = this.#offered.callers[this.caller]
    return caller?.uses.includes(bound.operation.service) === true
      ? notOpen(name, caller.role, bound)
      : undeclared(name, bound.operation)
  }

  /** @throws ProtocolViolation when the body is too short for what its flags promise, or names no operation. */
  read(buffer: Buffer, start: number, end: number, startMs: number): CallStart {
    if (end - start < fixedBytes)
      throw new ProtocolViolation(`a request of ${end - start} bytes is shorter than its head`)
    const numbers = read32(buffer, start)
    const operation = (this.operation = numbers & 0xffff)
    const bound = this.#offered.operations[operation]
    if (bound === undefined)
      throw new ProtocolViolation(
        `a request names operation ${operation}; there are ${this.#offered.operations.length}`,
      )
    const flags = (this.flags = buffer[start + 8] as number) // the length was checked above
    this.bodyStart = start + fixedBytes
    const depth = (flags & requestFlags.depth) === 0 ? 0 : this.#depth(buffer, end)
    const timeoutMs = read32(buffer, start + 4) >>> 0
    const caller = (this.caller = numbers >>> 16)
    this.allowed = this.#allowed[caller]?.[operation] === true
    return {
      operation: bound.operation,
      caller: this.#offered.callers[caller]?.name ?? 'unknown',
      identity: (flags & requestFlags.identity) === 0 ? undefined : this.#identity(buffer, end),
      idempotencyKey: (flags & requestFlags.idempotencyKey) === 0 ? undefined : this.#key(buffer, end),
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
      sampled: (flags & requestFlags.sampled) !== 0,
      depth,
      startMs,
      deadlineMs: timeoutMs === noTimeout ? Infinity : startMs + timeoutMs,
    }
  }

  #depth(buffer: Buffer, end: number): number {
    if (this.bodyStart >= end) throw new ProtocolViolation('a request ends inside its head')
    return buffer[this.bodyStart++] as number // it is there
  }

  #identity(buffer: Buffer, end: number): Identity {
    const from = this.#block(buffer, end)
    const to = this.bodyStart
    return this.#identities.read(buffer, from, to, () => toIdentity(readPayload(buffer, from, to, undefined)))
  }

  #key(buffer: Buffer, end: number): string {
    const from = this.#block(buffer, end)
    return String(readPayload(buffer, from, this.bodyStart, undefined))
  }

  /** Goes past the next block; returns where its content begins. */
  #block(buffer: Buffer, end: number): number {
    const at = this.bodyStart
    if (end - at < 4) throw new ProtocolViolation('a request ends inside its head')
    const length = read32(buffer, at) >>> 0
    if (length > end - at - 4) throw new ProtocolViolation('a request ends inside its head')
    this.bodyStart = at + 4 + length
    return at + 4
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

/** A signed 32-bit number, which V8 keeps without allocating. The caller has checked that all four bytes are there. */
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
  const { subject, issuer, claims } = isRecord(value) ? value : {}
  if (typeof subject !== 'string' || typeof issuer !== 'string')
    throw new ProtocolViolation('a request carries a malformed identity')
  return frozenIdentity({ subject, issuer, claims: isRecord(claims) ? claims : {} })
}
