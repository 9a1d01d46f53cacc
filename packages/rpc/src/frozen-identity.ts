import { copyPlain, type Identity } from '@holon/contract'

/**
 * A deeply frozen copy. All calls that one request causes refer to it, and no service can change what another sees.
 *
 * @throws Untravelable where a claim is no data.
 */
export function frozenIdentity<T extends Identity | undefined>(identity: T): T {
  return identity === undefined ? identity : (deepFreeze(copyPlain(identity)) as T)
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.values(value).forEach(deepFreeze)
    Object.freeze(value)
  }
  return value
}
