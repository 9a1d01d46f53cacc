import { codes, isServiceError, type Operation, ServiceError } from '@holon/contract'

import { maxCallsInFlight, ProtocolViolation } from '../wire/frames.ts'
import type { GivingUp } from './call.ts'

const reasons: readonly GivingUp[] = ['cancelled', 'deadline_exceeded', 'unavailable']

/** The body of a cancel frame: the number of the code that says why, so that the handler sees the same in every placement. */
export function encodeGivingUp(why: GivingUp): Uint8Array {
  return Uint8Array.of(codes[why].number)
}

/** The error of a call whose input could not be written. */
export function notSent(operation: string, error: unknown): ServiceError {
  if (isServiceError(error)) return error
  return new ServiceError('internal', `${operation} could not be sent.`, { mayHaveRun: false, cause: error })
}

/** An empty body means `cancelled`. */
export function decodeGivingUp(body: Uint8Array): GivingUp {
  if (body.length === 0) return 'cancelled'
  const found = reasons.find((why) => codes[why].number === body[0])
  if (found === undefined || body.length > 1) throw new ProtocolViolation('a cancel frame has an unknown reason')
  return found
}

/** The error of a call that would be one too many on its link. */
export function tooManyCalls({ id }: Operation): ServiceError {
  return new ServiceError(
    'resource_exhausted',
    `${id} was not called: ${maxCallsInFlight} calls are in flight over the link already, as many as one may have.`,
    { mayHaveRun: false },
  )
}
