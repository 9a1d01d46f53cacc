/**
 * The frames of the wire protocol; docs/reference/wire-protocol.md is their specification.
 *
 *     u32 length of what follows | u8 type | u32 call | body
 *
 * All integers are little-endian. `call` is 0 in frames that concern the whole link.
 */
export const frameTypes = {
  hello: 0,
  authenticate: 1,
  welcome: 2,
  refuse: 3,
  request: 4,
  response: 5,
  error: 6,
  cancel: 7,
  item: 8,
  end: 9,
  credit: 10,
  goAway: 11,
  ping: 12,
  pong: 13,
  part: 14,
  text: 15,
  window: 16,
} as const

/**
 * The versions of the protocol spoken here, the best first; a peer is refused when there is none in common. Version 2 adds
 * inputs as JSON text, version 3 the depth of calls.
 */
export const protocolVersions: readonly number[] = [3, 2, 1]

/** From this version on the input of a request may be JSON text. */
export const jsonInputVersion = 2

/** From this version on a request may say how many calls it is made on behalf of. */
export const depthVersion = 3

/** Bytes of a frame before its body. */
export const headBytes = 9

/** A larger body is cut into parts of this size, all but the last in frames of type `part`. */
export const partBytes: number = 64 * 1024

/** Bounds of the length field: before a peer is authenticated, and after. */
export const maxHandshakeFrameBytes: number = 256 * 1024
export const maxFrameBytes: number = 4 * partBytes

/**
 * Bytes in `part` and `text` frames that may be on their way over a link, unread: what a small frame has to wait for,
 * and what the buffers between two processes hold at most. The reader gives back what it has read.
 */
export const windowBytes: number = 512 * 1024

/** The largest value. The unfinished messages of one link may take as much as two together. */
export const maxMessageBytes: number = 128 * 1024 * 1024

/**
 * Bits of a request's flags. `agrees`: the caller's contract of the operation equals the called side's, so answers may
 * come in the compiled encoding. `json`: the answer is wanted as JSON text.
 */
export const requestFlags = {
  sampled: 1,
  identity: 2,
  idempotencyKey: 4,
  agrees: 8,
  items: 16,
  json: 32,
  depth: 64,
} as const

/** First byte of every value: how it is encoded. */
export const encodings = { selfDescribing: 0, positional: 1, json: 2 } as const

/** `timeoutMs` of a request without deadline. */
export const noTimeout = 0xffff_ffff

/** Items that a receiver allows a sender ahead of what it has consumed. */
export const initialCredit = 64

/** So many calls may be made one on behalf of the other: services that call each other in a circle come to an end. */
export const maxCallDepth = 100

/** Calls that may be in flight over one link; further ones are refused, so that what hangs cannot fill the memory. */
export const maxCallsInFlight = 10_000

/** A peer broke the protocol. Its connection is closed; nothing else is disturbed. */
export class ProtocolViolation extends Error {
  override readonly name: string = 'ProtocolViolation'
}

/** There is no link: one side does not want it, or did not finish the handshake. */
export class LinkRefused extends Error {
  override readonly name: string = 'LinkRefused'
}
