import { Untravelable } from '@holon/contract'
import { describe, expect, it } from 'vitest'

import { frozenIdentity } from './frozen-identity.ts'

const identity = {
  subject: 's',
  issuer: 'i',
  claims: { roles: ['a', { b: 1 }], nested: { deep: { n: 1 } }, none: null },
}

describe('a frozen identity', () => {
  it('is an equal copy that nobody can change, at any depth', () => {
    const frozen = frozenIdentity(identity)
    expect(frozen).toStrictEqual(identity)
    const { claims } = frozen
    for (const part of [frozen, claims, claims.roles, claims.roles[1], claims.nested, claims.nested.deep])
      expect(Object.isFrozen(part)).toBe(true)
    expect(claims.nested.deep).not.toBe(identity.claims.nested.deep)
  })

  it('keeps a claim that is undefined, and leaves out what has a symbol for its name', () => {
    const frozen = frozenIdentity({ ...identity, claims: { gone: undefined, [Symbol('x')]: { shared: true } } })
    expect(frozen.claims).toStrictEqual({ gone: undefined })
    expect(Object.getOwnPropertySymbols(frozen.claims)).toEqual([])
  })

  it('is refused where a claim is no data', () => {
    const claims = { at: new Date(0) }
    expect(() => frozenIdentity({ ...identity, claims })).toThrow(Untravelable)
  })
})
