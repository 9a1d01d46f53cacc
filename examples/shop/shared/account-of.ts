import { type CallContext, ServiceError } from 'holon'

/** The account that a call acts for: the verified identity, never a field of the input. */
export function accountOf({ identity }: Pick<CallContext, 'identity'>): string {
  if (identity === undefined) throw new ServiceError('unauthenticated', 'Sign in to do this.')
  return identity.subject
}
