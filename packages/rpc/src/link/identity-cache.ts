import type { Buffer } from 'node:buffer'

import type { Identity } from '@holon/contract'

/** A longer identity is read anew each time: what is remembered for one link stays within half a megabyte. */
const mostBytes = 1024
const slotCount = 512

interface Known {
  readonly length: number
  readonly words: Int32Array
  readonly identity: Identity
}

/**
 * Identities that came over a link, found again by their bytes: the same user makes many calls, and decoding, copying
 * and freezing costs more than the rest of a request. What is frozen can be shared by calls.
 */
export class IdentityCache {
  readonly #slots: (Known | undefined)[] = Array.from({ length: slotCount }, () => undefined)
  /** The bytes that are being looked up, four at a time: read once, for the hash and to compare. */
  readonly #words: Int32Array = new Int32Array(mostBytes / 4)

  /** The identity in these bytes; `decode` is called where it is not known. */
  read(buffer: Buffer, start: number, end: number, decode: () => Identity): Identity {
    const length = end - start
    if (length > mostBytes) return decode()
    const words = this.#words
    const slot = readWords(buffer, start, end, words) & (slotCount - 1)
    const count = Math.ceil(length / 4)
    const known = this.#slots[slot]
    if (known !== undefined && known.length === length && isSame(known.words, words, count)) return known.identity
    const identity = decode()
    this.#slots[slot] = { length, words: words.slice(0, count), identity }
    return identity
  }
}

/** Reads the bytes into `words`, the last of which is filled up with zeros. Returns a hash that need only be fair: entries are compared. */
function readWords(buffer: Buffer, start: number, end: number, words: Int32Array): number {
  let hash = end - start
  let index = 0
  let at = start
  for (; at + 3 < end; at += 4) {
    // The loop ends before the buffer does, so each of the four bytes is there.
    const word =
      (buffer[at] as number) |
      ((buffer[at + 1] as number) << 8) |
      ((buffer[at + 2] as number) << 16) |
      ((buffer[at + 3] as number) << 24)
    words[index++] = word
    hash = Math.imul(hash ^ word, 0x9e37_79b1)
    hash ^= hash >>> 15
  }
  if (at === end) return hash
  let last = 0
  for (let shift = 0; at < end; at++, shift += 8) last |= (buffer[at] as number) << shift // see above
  words[index] = last
  return hash ^ last
}

function isSame(known: Int32Array, words: Int32Array, count: number): boolean {
  for (let index = 0; index < count; index++) if (known[index] !== words[index]) return false
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
