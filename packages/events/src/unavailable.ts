import { messageOf, ServiceError } from '@holon/contract'

/** What a bus rejects with when its server does not do what it should, with what the client says about it. */
export function unavailable(what: string, cause?: unknown): ServiceError {
  // Many end with a full stop themselves.
  const reason = cause === undefined ? '' : `: ${messageOf(cause).replace(/\.$/, '')}`
  return new ServiceError('unavailable', `${what}${reason}.`, { cause })
}

/** What a bus that was closed refuses with. */
export function busClosed(): ServiceError {
  return new ServiceError('unavailable', 'The bus is closed.', { mayHaveRun: false })
}
