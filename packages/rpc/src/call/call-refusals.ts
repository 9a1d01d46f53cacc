import { type Operation, ServiceError } from '@holon/contract'

import { maxCallDepth } from '../wire/frames.ts'
import { givenUp } from './call.ts'

/** The error of a call to a service that its caller does not declare to use. */
export function undeclared(caller: string, operation: Operation): ServiceError {
  return new ServiceError(
    'permission_denied',
    `${caller} does not declare to use ${operation.service}; add its contract to 'uses'.`,
    { mayHaveRun: false },
  )
}

/** Why a call is over before it begins: its parent was given up, or its caller's signal has aborted. */
export function pointless(
  operation: Operation,
  reason: ServiceError | undefined,
  signal: AbortSignal | undefined,
): ServiceError | undefined {
  if (reason) return new ServiceError(reason.code, reason.message, { mayHaveRun: false })
  if (signal?.aborted) return givenUp(operation, 'cancelled', { mayHaveRun: false, cause: signal.reason })
  return undefined
}

/** The error of a call that is made on behalf of too many others. */
export function tooDeep({ id }: Operation, depth: number): ServiceError | undefined {
  if (depth <= maxCallDepth) return undefined
  return new ServiceError(
    'internal',
    `${id} was not called: it would be made on behalf of ${depth} calls, one on behalf of the other; at most ${maxCallDepth} are possible. Do services call each other in a circle?`,
    { mayHaveRun: false },
  )
}

/** The error of a call whose time is over, or is no number. */
export function passed({ id }: Operation, leftMs: number): ServiceError | undefined {
  if (leftMs > 0) return undefined
  return Number.isNaN(leftMs)
    ? new ServiceError('invalid_argument', `The timeoutMs of the call to ${id} is no number.`, { mayHaveRun: false })
    : new ServiceError('deadline_exceeded', `The deadline had passed before ${id} was called.`, { mayHaveRun: false })
}

/** The error of a call made with the wrong one of `call` and `stream`: over a link it would confuse the peer. */
export function misused({ id, compiled }: Operation, answer: 'value' | 'items'): ServiceError | undefined {
  const actual = compiled.serverStream === undefined ? 'value' : 'items'
  if (actual === answer) return undefined
  const remedy = actual === 'items' ? 'answers with items: use stream' : 'answers with one value: use call'
  return new ServiceError('unimplemented', `${id} ${remedy}.`, { mayHaveRun: false })
}

/** The error of a query whose link was lost while it was running, and again when it was repeated. */
export function lostTwice({ id }: Operation): ServiceError {
  return new ServiceError(
    'unavailable',
    `The connection was lost twice while ${id} was running, in one process and then in another: it may be what ends them, so it is not tried again.`,
  )
}
