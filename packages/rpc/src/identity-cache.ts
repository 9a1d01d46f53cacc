import { Buffer } from 'node:buffer'

import type { Identity } from '@holon/contract'

/** A longer identity is read anew each time: what is remembered for one link stays within half a megabyte. */
const mostBytes = 1024
const slotCount = 512

interface Known {
  readonly bytes: Buffer
  readonly identity: Identity
}

/**
 * Identities that came over a link, found again by their bytes: the same user makes many calls, and decoding, copying
 * and freezing costs more than the rest of a request. What is frozen can be shared by calls.
 */
export class IdentityCache {
  readonly #slots: (Known | undefined)[] = Array.from({ length: slotCount }, () => undefined)

  /** The identity in these bytes; `decode` is called where it is not known. */
  read(buffer: Buffer, start: number, end: number, decode: () => Identity): Identity {
    if (end - start > mostBytes) return decode()
    const slot = hashOf(buffer, start, end) & (slotCount - 1)
    const known = this.#slots[slot]
    if (known !== undefined && isSame(known.bytes, buffer, start, end)) return known.identity
    const identity = decode()
    this.#slots[slot] = { bytes: Buffer.from(buffer.subarray(start, end)), identity }
    return identity
  }
}

/** Of four bytes at a time; only as good as a cache needs it, whose entries are compared. */
function hashOf(buffer: Buffer, start: number, end: number): number {
  let hash = end - start
  for (let at = start; at + 3 < end; at += 4) {
    // The loop ends before the buffer does, so each of the four bytes is there.
    const word =
      (buffer[at] as number) |
      ((buffer[at + 1] as number) << 8) |
      ((buffer[at + 2] as number) << 16) |
      ((buffer[at + 3] as number) << 24)
    hash = Math.imul(hash ^ word, 0x9e37_79b1)
    hash ^= hash >>> 15
  }
  return hash
}

function isSame(known: Buffer, buffer: Buffer, start: number, end: number): boolean {
  if (known.length !== end - start) return false
  for (let index = 0; index < known.length; index++) if (known[index] !== buffer[start + index]) return false
  return true
}

/** The bytes of identities that were sent lately. An identity is frozen, so its bytes never change. */
export class EncodedIdentities {
  readonly #encoded = new WeakMap<Identity, Uint8Array>()
  #last: Identity | undefined
  #lastBytes: Uint8Array = new Uint8Array(0)
  readonly #encode: (identity: Identity) => Uint8Array

  constructor(encode: (identity: Identity) => Uint8Array) {
    this.#encode = encode
  }

  get(identity: Identity): Uint8Array {
    if (identity === this.#last) return this.#lastBytes
    let bytes = this.#encoded.get(identity)
    if (bytes === undefined) this.#encoded.set(identity, (bytes = this.#encode(identity)))
    this.#last = identity
    this.#lastBytes = bytes
    return bytes
  }
}
