import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

import { defineService, type ServiceDefinition } from '@holon/app'
import { type Contract, defineContract, type Identity, type Operation, type Platform, query } from '@holon/contract'
import type { GatewayAuth } from '@holon/gateway/definition'

/** Signs tests in: tokens like those of the app's issuer, with a key of the test's own that the gateway accepts besides. */
export interface TestKeys {
  /** The service that gives the gateway the keys; its contract's name is no name of an app's service. */
  readonly service: ServiceDefinition
  /** What the gateway verifies tokens by in place of the app's own. */
  readonly auth: GatewayAuth
  /** The `Authorization` header of somebody. The token is good for an hour. */
  authorization(identity: Identity): string
}

/** Few apps accept one of them. */
const curves = [
  { algorithm: 'ES384', curve: 'P-384', hash: 'sha384' },
  { algorithm: 'ES512', curve: 'P-521', hash: 'sha512' },
] as const
const keyId = 'holon-test'
const lifetimeS = 3_600
const defaultAlgorithms = ['ES256', 'EdDSA', 'RS256']

/**
 * `source`: the operation that gives the app's own keys, where what answers it runs. Keys that only a URL has are not fetched:
 * tests need no network.
 */
export function createTestKeys(auth: GatewayAuth, source: Operation | undefined, platform: Platform): TestKeys {
  const accepted = auth.algorithms ?? defaultAlgorithms
  // One that the app's own tokens do not have: of two keys that fit a token without a key id, none would be taken.
  const kind = curves.find(({ algorithm }) => !accepted.includes(algorithm)) ?? curves[0]
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: kind.curve })
  const own = { ...publicKey.export({ format: 'jwk' }), kid: keyId, alg: kind.algorithm, use: 'sig' }
  const contract = defineContract('holon-test-keys', { operations: { jwks: query({ output: {} }) } })
  const issuer = source && ownerOf(source)
  const service = defineService(contract, {
    uses: issuer ? { issuer } : {},
    operations: {
      jwks: async (_input, ctx) => {
        // The client of `uses`, which is there if there is a source.
        const { issuer: client } = ctx as { readonly issuer?: Readonly<Record<string, () => Promise<unknown>>> }
        const others = source && client ? keysOf(await client[source.name]?.()) : []
        return { keys: [...others, own] }
      },
    },
  })
  return {
    service,
    auth: {
      ...auth,
      jwks: contract.operations.jwks,
      algorithms: [...new Set([...accepted, kind.algorithm])],
      ...(auth.types && { types: [...auth.types, 'JWT'] }),
    },
    authorization: ({ subject: sub, claims }) => {
      const iat = Math.floor(platform.now() / 1_000)
      const registered = { iss: auth.issuer, aud: auth.audience, sub, iat, exp: iat + lifetimeS }
      return `Bearer ${signed({ ...claims, ...registered }, privateKey, kind)}`
    },
  }
}

/** A contract with this one operation, by which it can be called. */
function ownerOf(operation: Operation): Contract {
  return {
    name: operation.service,
    operations: { [operation.name]: operation },
    events: {},
    description: undefined,
    fingerprint: '',
  }
}

function keysOf(answer: unknown): readonly unknown[] {
  const keys: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'keys') : undefined
  return Array.isArray(keys) ? keys : []
}

/** A JSON Web Token (RFC 7519) in compact form. */
function signed(claims: object, key: KeyObject, { algorithm, hash }: (typeof curves)[number]): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: algorithm, typ: 'JWT', kid: keyId })}.${part(claims)}`
  const signature = sign(hash, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}
