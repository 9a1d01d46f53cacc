import { codes } from '@holon/contract'

import type { GivingUp } from './call.ts'
import { ProtocolViolation } from './frames.ts'

const reasons: readonly GivingUp[] = ['cancelled', 'deadline_exceeded', 'unavailable']

/** The body of a cancel frame: the number of the code that says why, so that the handler sees the same in every placement. */
export function encodeGivingUp(why: GivingUp): Uint8Array {
  return Uint8Array.of(codes[why].number)
}

/** An empty body means `cancelled`. */
export function decodeGivingUp(body: Uint8Array): GivingUp {
  if (body.length === 0) return 'cancelled'
  const found = reasons.find((why) => codes[why].number === body[0])
  if (found === undefined || body.length > 1) throw new ProtocolViolation('a cancel frame has an unknown reason')
  return found
}
