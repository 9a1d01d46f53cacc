import { defineContract, type Platform, query } from '@holon/contract'
import { systemPlatform } from '@holon/contract/system-platform'
import type { Invoker } from '@holon/rpc'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { z } from 'zod'

import { createAuthenticator } from './authenticator.ts'

const keys = defineContract('keys', {
  operations: { jwks: query({ output: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }) }) },
})

it('a token that was accepted is refused once it has expired, and until then not verified again', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }
  let fetches = 0
  const invoker: Invoker = {
    call: async () => {
      fetches++
      return { keys: [jwk] }
    },
    callForJson: () => {
      throw new Error('not asked for here')
    },
    stream: () => {
      throw new Error('there are no streams here')
    },
  }
  let aheadMs = 0
  const real = systemPlatform()
  const platform: Platform = {
    ...real,
    now: () => real.now() + aheadMs,
    monotonicMs: () => real.monotonicMs() + aheadMs,
  }
  const auth = { issuer: 'i', audience: 'a', jwks: keys.operations.jwks }
  const authenticate = createAuthenticator(auth, invoker, platform)
  const token = await new SignJWT({ sub: 'u1' })
    .setProtectedHeader({ alg: 'ES256', kid: 'k' })
    .setIssuer('i')
    .setAudience('a')
    .setExpirationTime(Math.floor(real.now() / 1000) + 30)
    .sign(privateKey)

  const first = await authenticate(`Bearer ${token}`)
  expect(first.subject).toBe('u1')
  expect(await authenticate(`Bearer ${token}`)).toBe(first)
  expect(fetches).toBe(1)
  aheadMs = 40_000
  await expect(authenticate(`Bearer ${token}`)).rejects.toMatchObject({ code: 'unauthenticated' })
  const tampered = `${token.slice(0, -4)}AAAA`
  aheadMs = 0
  await expect(authenticate(`Bearer ${tampered}`)).rejects.toMatchObject({ code: 'unauthenticated' })
})
