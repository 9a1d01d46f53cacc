import type { Identity } from '@holon/contract'

/**
 * A deeply frozen copy. All calls that one request causes refer to it, and no service can change what another sees.
 * What is frozen already is returned as it is.
 */
export function frozenIdentity<T extends Identity | undefined>(identity: T): T {
  return identity === undefined || Object.isFrozen(identity) ? identity : (deepFreeze(structuredClone(identity)) as T)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value
}
