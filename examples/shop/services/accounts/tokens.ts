import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose'
import type { z } from 'zod'

import type { PublicKey } from './contract.ts'

export const issuer = 'shop'
export const audience = 'shop'
const lifetimeS = 12 * 60 * 60
const algorithm = 'ES256'

/** A private key and the name by which verifiers find its public half. */
export interface SigningKey {
  readonly keyId: string
  readonly privateJwk: JWK
}

export async function generateSigningKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const privateJwk = await exportJWK(privateKey)
  return { keyId: await calculateJwkThumbprint(privateJwk), privateJwk }
}

/** A token (JWT) that says who the account is, and nothing else about it. */
export async function signToken(key: SigningKey, accountId: string, nowMs: number): Promise<string> {
  const issuedAt = Math.floor(nowMs / 1000)
  return new SignJWT()
    .setProtectedHeader({ alg: algorithm, kid: key.keyId, typ: 'JWT' })
    .setSubject(accountId)
    .setIssuer(issuer)
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeS)
    .sign(await importJWK(key.privateJwk, algorithm))
}

/** The public half, member by member: what is not named here cannot leak. */
export function toPublicKey({ keyId, privateJwk: { x, y } }: SigningKey): z.output<typeof PublicKey> {
  if (x === undefined || y === undefined) throw new Error('The stored signing key is no elliptic-curve key.')
  return { kty: 'EC', crv: 'P-256', x, y, kid: keyId, alg: algorithm, use: 'sig' }
}
