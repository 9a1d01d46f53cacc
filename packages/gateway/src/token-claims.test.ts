import { systemPlatform } from '@holon/contract/system-platform'
import { beforeAll, describe, expect, it } from 'vitest'

import { authProblems, createAuthenticator } from './authenticator.ts'
import type { GatewayAuth } from './definition/index.ts'
import { notes } from './fixtures/notes.ts'
import { audience, createKey, issuer, sign, type SigningKey } from './fixtures/tokens.ts'

const auth: GatewayAuth = { issuer, audience, jwks: notes.operations.keys }
let key: SigningKey
beforeAll(async () => {
  key = await createKey('one')
})

const unused = (): never => {
  throw new Error('not asked for here')
}

/** What is said of a token that is signed with the real key. */
async function said(
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
  options: Partial<GatewayAuth> = {},
): Promise<string> {
  const invoker = { call: () => Promise.resolve({ keys: [key.jwk] }), callForJson: unused, stream: unused }
  const authenticate = createAuthenticator({ ...auth, ...options }, invoker, systemPlatform())
  return authenticate(`Bearer ${await sign(key, claims, header)}`).then(
    ({ subject }) => `accepted ${subject}`,
    (error: Error) => `${(error as { code?: string }).code}: ${error.message}`,
  )
}

const now = Math.floor(Date.now() / 1000)
const year = 365 * 86_400

type Claims = Record<string, unknown>
type Accepted = [name: string, claims: Claims, header: Claims, options?: Partial<GatewayAuth>]
type Refused = [name: string, claims: Claims, header: Claims, reason: string, options?: Partial<GatewayAuth>]

describe('a token that is signed with the real key', () => {
  it.each<Refused>([
    ['of another kind', {}, { typ: 'dpop+jwt' }, "The token's type is not accepted."],
    ['for signing in', {}, { typ: 'id_token+jwt' }, "The token's type is not accepted."],
    ['with a type that is no text', {}, { typ: 7 }, "The token's type is not accepted."],
    ['made in ten years', { iat: now + 10 * year, exp: now + 11 * year }, {}, "'iat'"],
    ['that ends in an age', { exp: 1e18 }, {}, "'exp'"],
    ['that ends in no time', { exp: 1e300 }, {}, "'exp'"],
    ['that is valid in an age', { nbf: 1e18 }, {}, "'nbf'"],
    ['made in no time', { iat: -1e18 }, {}, "'iat'"],
    ['made never', { iat: 'yesterday' }, {}, "'iat'"],
    ['of a subject with U+0000', { sub: 'a\u0000b' }, {}, "'sub'"],
    ['of a subject with a line feed', { sub: 'a\nb' }, {}, "'sub'"],
    ['of a subject that is half a character', { sub: 'a\ud800' }, {}, "'sub'"],
    ['of a subject that is too long', { sub: 'x'.repeat(256) }, {}, "'sub'"],
    ['that is older than it may be', { iat: now - 120 }, {}, 'The token has expired.', { maxTokenAgeS: 60 }],
    ['without the time that its age is counted from', { iat: undefined }, {}, "'iat'", { maxTokenAgeS: 60 }],
    ['of a type that is not named', {}, { typ: 'JWT' }, "The token's type", { types: ['at+jwt'] }],
    ['without a type where one is named', {}, {}, "The token's type", { types: ['at+jwt'] }],
  ])('%s is not accepted', async (_name, claims, header, reason, options = {}) => {
    const refusal = await said(claims, header, options)
    expect(refusal).toMatch(/^unauthenticated: The token/)
    expect(refusal).toContain(reason)
  })

  it.each<Accepted>([
    ['of the common type', {}, { typ: 'JWT' }],
    ['of the common type in small letters', {}, { typ: 'jwt' }],
    ['for access', {}, { typ: 'at+jwt' }],
    ['for access, its type written in full', {}, { typ: 'application/at+jwt' }],
    ['without a type', {}, {}],
    ['made within the tolerance', { iat: now + 3 }, {}],
    ['made without a time', { iat: undefined }, {}],
    ['valid for years', { exp: now + 5 * year }, {}],
    ['young enough', { iat: now - 30 }, {}, { maxTokenAgeS: 60 }],
    ['of the named type', {}, { typ: 'session+jwt' }, { types: ['session+jwt'] }],
  ])('%s is accepted', async (_name, claims, header, options = {}) => {
    expect(await said({ sub: 'ünï|1', ...claims }, header, options)).toBe('accepted ünï|1')
  })
})

it('what only a type forbids is found in the definition', () => {
  const wrong = { ...auth, clockToleranceS: Number.NaN, maxTokenAgeS: 0, types: [], algorithms: ['ES256'] }
  expect(authProblems(wrong)).toEqual([
    'auth.clockToleranceS is NaN; use a number of seconds from 0 to 600',
    'auth.maxTokenAgeS is 0; use a number of seconds above 0, or leave it out',
    "auth.types is empty; leave it out for 'JWT', 'at+jwt' and tokens without a type",
  ])
  expect(authProblems(auth)).toEqual([])
})
