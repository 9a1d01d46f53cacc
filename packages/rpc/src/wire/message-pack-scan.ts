import { ProtocolViolation } from './frames.ts'

/** A sender refuses what is nested deeper (see `travelIssue`); one level more is the value around it. */
const maxDepth = 210

/**
 * Checks that `bytes` are exactly one MessagePack value made of nothing but what travels: nil, booleans, numbers, text,
 * arrays, maps with text as keys, and undefined. Done before decoding, so that no count is believed that the bytes at
 * hand cannot hold, no depth overflows the stack, and no extension of the decoder can be reached from outside.
 *
 * @throws ProtocolViolation
 */
export function scanMessagePack(bytes: Uint8Array): void {
  const end = skipValue(bytes, 0, 0)
  if (end !== bytes.length)
    throw new ProtocolViolation(end > bytes.length ? 'a value ends too early' : 'a value is followed by further bytes')
}

/** Bytes of the token itself and what it announces, for tokens of fixed size. */
const fixedSizes: ReadonlyMap<number, number> = new Map([
  [0xc0, 1], // nil
  [0xc2, 1], // false
  [0xc3, 1], // true
  [0xca, 5], // float32
  [0xcb, 9], // float64
  [0xcc, 2], // uint8 …
  [0xcd, 3],
  [0xce, 5],
  [0xcf, 9],
  [0xd0, 2], // int8 …
  [0xd1, 3],
  [0xd2, 5],
  [0xd3, 9],
])

/** Where the value that begins at `at` ends; beyond the bytes where it is cut off. */
function skipValue(bytes: Uint8Array, at: number, depth: number): number {
  const token = bytes[at]
  if (token === undefined) throw new ProtocolViolation('a value ends too early')
  if (isSmallInteger(token)) return at + 1
  if (token < 0x90) return skipMembers(bytes, at + 1, { count: token & 15, keys: true, depth })
  if (token < 0xa0) return skipMembers(bytes, at + 1, { count: token & 15, keys: false, depth })
  if (isText(token)) return skipText(bytes, at)
  const size = fixedSizes.get(token)
  if (size !== undefined) return at + size
  if (token >= 0xdc) {
    const wide = token === 0xdd || token === 0xdf
    return skipMembers(bytes, at + (wide ? 5 : 3), {
      count: readLength(bytes, at + 1, wide ? 4 : 2),
      keys: token >= 0xde,
      depth,
    })
  }
  // msgpackr's undefined, the one extension that travels.
  if (token === 0xd4 && bytes[at + 1] === 0 && bytes[at + 2] === 0) return at + 3
  throw new ProtocolViolation(`a value has a part of a kind that does not travel (0x${token.toString(16)})`)
}

function isSmallInteger(token: number): boolean {
  return token < 0x80 || token >= 0xe0
}

function isText(token: number): boolean {
  return (token >= 0xa0 && token < 0xc0) || (token >= 0xd9 && token <= 0xdb)
}

function skipMembers(
  bytes: Uint8Array,
  start: number,
  { count, keys, depth }: { readonly count: number; readonly keys: boolean; readonly depth: number },
): number {
  if (depth > maxDepth) throw new ProtocolViolation('a value is nested too deeply')
  if (count > bytes.length - start)
    throw new ProtocolViolation(`a value announces ${count} members, more than its bytes can hold`)
  let at = start
  for (let n = 0; n < count; n++) {
    if (keys) at = skipText(bytes, at)
    at = skipValue(bytes, at, depth + 1)
  }
  return at
}

function skipText(bytes: Uint8Array, at: number): number {
  const token = bytes[at] ?? 0
  if (token >= 0xa0 && token < 0xc0) return at + 1 + (token & 31)
  if (!isText(token)) throw new ProtocolViolation('a map has a key that is no text')
  const width = 1 << (token - 0xd9)
  return at + 1 + width + readLength(bytes, at + 1, width)
}

function readLength(bytes: Uint8Array, at: number, width: number): number {
  let length = 0
  for (let n = 0; n < width; n++) length = length * 256 + (bytes[at + n] ?? 0)
  return length
}
