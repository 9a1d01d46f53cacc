import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'

import { isRecord } from '@holon/contract'

import { type CallerListing, callerRoles } from '../call/caller-role.ts'
import { headBytes, LinkRefused, maxHandshakeFrameBytes, ProtocolViolation, protocolVersions } from '../wire/frames.ts'

/** Characters of an instance's name. */
export const maxInstanceLength = 200

/** First frame of both sides. */
export interface Hello {
  readonly versions: readonly number[]
  readonly instance: string
  /** Random, base64url; what the other side must prove the secret with. */
  readonly nonce: string
}

/** The caller's second frame. */
export interface Authenticate {
  readonly proof: string
  /** The services (or `gateway`, `cli`) that call over this link, and what each declares to use. */
  readonly callers: readonly CallerListing[]
}

/** The called side's second frame: what can be called here. The position in the list is the operation's number. */
export interface Welcome {
  readonly proof: string
  readonly operations: readonly { readonly id: string; readonly fingerprint: string }[]
}

/** Instead of a welcome. */
export interface Refuse {
  readonly reason: string
}

/**
 * Proves knowledge of the secret without sending it; each side signs the other's nonce with its own role.
 *
 * @throws LinkRefused without a secret: an empty one is known to everybody, so it proves nothing.
 */
export function proofOf(
  secret: string | undefined,
  role: 'caller' | 'called',
  nonces: { readonly own: string; readonly other: string },
): string {
  if (secret === undefined || secret === '')
    throw new LinkRefused('this process has no secret of the app, without which it links to nobody')
  return createHmac('sha256', secret).update(`holon ${role} ${nonces.other} ${nonces.own}`).digest('base64url')
}

/** Compares in constant time. */
export function isSameProof(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

/** The highest version that both sides speak. */
export function commonVersion(versions: readonly number[]): number | undefined {
  return protocolVersions.find((version) => versions.includes(version))
}

/**
 * Handshake frames are JSON, so that a stranger's first bytes meet only `JSON.parse`.
 *
 * @throws LinkRefused when there is more to say than a peer reads before it knows who speaks.
 */
export function encodeHandshake(message: Hello | Authenticate | Welcome | Refuse): Buffer {
  const bytes = Buffer.from(JSON.stringify(message))
  if (bytes.length > maxHandshakeBytes)
    throw new LinkRefused(
      `the names of this process's operations and callers have ${bytes.length} bytes together, and a handshake carries ${maxHandshakeBytes}; place its services in several groups`,
    )
  return bytes
}

const maxHandshakeBytes = maxHandshakeFrameBytes - headBytes

/** @throws ProtocolViolation where a field is missing or of another type. */
export function decodeHello(body: Buffer): Hello {
  const { versions, instance, nonce } = decodeObject(body, 'hello')
  if (!Array.isArray(versions) || typeof instance !== 'string' || typeof nonce !== 'string')
    throw new ProtocolViolation('the hello frame lacks a field')
  // Only such a nonce keeps the parts of what is signed apart, and an instance's name goes into logs.
  if (!/^[\w-]{16,64}$/.test(nonce))
    throw new ProtocolViolation('the nonce of the hello frame is not 16 to 64 characters of base64url')
  if (instance.length > maxInstanceLength)
    throw new ProtocolViolation(`the instance of the hello frame has more than ${maxInstanceLength} characters`)
  return { versions: versions.filter((version) => typeof version === 'number'), instance, nonce }
}

/** @throws ProtocolViolation where a field is missing or of another type. */
export function decodeAuthenticate(body: Buffer): Authenticate {
  const { proof, callers } = decodeObject(body, 'authenticate')
  if (typeof proof !== 'string' || !Array.isArray(callers))
    throw new ProtocolViolation('the authenticate frame lacks a field')
  return { proof, callers: callers.map(toCaller) }
}

/** @throws ProtocolViolation where a field is missing or of another type. */
export function decodeWelcome(body: Buffer): Welcome {
  const { proof, operations } = decodeObject(body, 'welcome')
  if (typeof proof !== 'string' || !Array.isArray(operations))
    throw new ProtocolViolation('the welcome frame lacks a field')
  return { proof, operations: operations.map(toOperation) }
}

/** Of a caller without a role, as peers that know no roles have it, nothing is said, which is the least. */
function toCaller(value: unknown): CallerListing {
  const { name, uses, role: told } = fieldsOf(value)
  const role = callerRoles.find((known) => known === told)
  return { name: String(name), uses: Array.isArray(uses) ? uses.map(String) : [], ...(role && { role }) }
}

function toOperation(value: unknown): Welcome['operations'][number] {
  const { id, fingerprint } = fieldsOf(value)
  return { id: String(id), fingerprint: String(fingerprint) }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}

export function decodeRefuse(body: Buffer): Refuse {
  return { reason: String(decodeObject(body, 'refuse')['reason']) }
}

function decodeObject(body: Buffer, frame: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    if (isRecord(value)) return value
  } catch {
    // Said below, for both ways of being wrong.
  }
  throw new ProtocolViolation(`the ${frame} frame is not a JSON object`)
}
