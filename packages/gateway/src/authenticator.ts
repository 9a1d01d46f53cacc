import { type Identity, isServiceError, type Platform, ServiceError } from '@holon/contract'
import type { Invoker } from '@holon/rpc'
import { errors, type JWTPayload, jwtVerify, type JWTVerifyOptions } from 'jose'
import { LRUCache } from 'lru-cache'

import type { GatewayAuth } from './definition/index.ts'
import { createKeySet, keyLoader } from './key-set.ts'

/**
 * Verifies the `Authorization` header of a request.
 *
 * @throws ServiceError `unauthenticated` where the token is not accepted, `unavailable` where that cannot be told.
 */
export type Authenticator = (authorization: string) => Promise<Identity>

/** Signature algorithms with public keys. `none` and HMAC are not among them: with HMAC, whoever can check can sign. */
const asymmetric = ['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const defaultAlgorithms = ['ES256', 'EdDSA', 'RS256']
/** Without a `typ`, too: it is optional, and many issuers leave it out. */
const defaultTypes = ['jwt', 'at+jwt']
/** A longer identifier, or one with characters that nobody sees, is no name of a person (and no key of a database). */
const subjectForm = /^[^\p{Cc}\p{Cs}]{1,255}$/u
/** Later ends are no date that the language has, and were not meant. */
const longestS = 100 * 365 * 86_400
const bearer = /^bearer +([\w\-.~+/]+=*) *$/i

/** A verified token is not verified again for so long: a signature check costs more than the whole rest of a request. */
const rememberMs = 60_000
const rememberedTokens = 10_000

interface Accepted {
  readonly identity: Identity
  readonly fromMs: number
  readonly untilMs: number
}

/** The mistakes in a gateway's `auth`. */
export function authProblems(auth: GatewayAuth): readonly string[] {
  const problems: string[] = []
  const { issuer, audience, jwks, algorithms = defaultAlgorithms } = auth
  if (issuer === '') problems.push('auth.issuer is empty; name the exact `iss` of your tokens')
  if (audience === '') problems.push('auth.audience is empty; name the `aud` that your tokens contain')
  if (algorithms.length === 0) problems.push('auth.algorithms is empty; leave it out for ES256, EdDSA and RS256')
  for (const algorithm of algorithms)
    if (!asymmetric.includes(algorithm))
      problems.push(
        `auth.algorithms has '${algorithm}'; only signatures with public keys are accepted: ${asymmetric.join(', ')}`,
      )
  problems.push(...timeProblems(auth))
  if (typeof jwks === 'string' && !URL.canParse(jwks)) problems.push(`auth.jwks '${jwks}' is not a URL`)
  if (typeof jwks !== 'string' && jwks.definition.kind !== 'query')
    problems.push(
      `auth.jwks is the operation ${jwks.id}, which is no query; name a query without input that returns a JWKS`,
    )
  return problems
}

function timeProblems({ clockToleranceS = 0, maxTokenAgeS = 1, types }: GatewayAuth): readonly string[] {
  const problems: string[] = []
  if (!(clockToleranceS >= 0 && clockToleranceS <= 600))
    problems.push(`auth.clockToleranceS is ${clockToleranceS}; use a number of seconds from 0 to 600`)
  if (!(maxTokenAgeS > 0))
    problems.push(`auth.maxTokenAgeS is ${maxTokenAgeS}; use a number of seconds above 0, or leave it out`)
  if (types?.length === 0)
    problems.push("auth.types is empty; leave it out for 'JWT', 'at+jwt' and tokens without a type")
  return problems
}

/** Prepares the check of bearer tokens (JWT, RFC 7519, by the practice of RFC 8725). */
export function createAuthenticator(auth: GatewayAuth, invoker: Invoker, platform: Platform): Authenticator {
  const keys = createKeySet(keyLoader(auth.jwks, invoker), platform)
  const toleranceS = auth.clockToleranceS ?? 5
  const options: JWTVerifyOptions = {
    issuer: auth.issuer,
    audience: auth.audience,
    algorithms: [...(auth.algorithms ?? defaultAlgorithms)],
    clockTolerance: toleranceS,
    requiredClaims: ['sub', 'exp'],
    ...(auth.maxTokenAgeS !== undefined && { maxTokenAge: auth.maxTokenAgeS }),
  }
  const isAccepted = typeCheck(auth.types)
  const accepted = new LRUCache<string, Accepted>({ max: rememberedTokens })
  return async (authorization) => {
    const token = bearer.exec(authorization)?.[1]
    if (token === undefined) throw refuse('The Authorization header is not of the form `Bearer <token>`.')
    const nowMs = platform.now()
    const known = accepted.get(token)
    if (known !== undefined && nowMs >= known.fromMs && nowMs < known.untilMs) return known.identity
    try {
      const { payload, protectedHeader } = await jwtVerify(token, keys, { ...options, currentDate: new Date(nowMs) })
      if (!isAccepted(protectedHeader.typ)) throw refuse("The token's type is not accepted.")
      checkTimes(payload, nowMs / 1000 + toleranceS)
      const identity = toIdentity(payload)
      const endS = Math.min(payload.exp ?? 0, (payload.iat ?? 0) + (auth.maxTokenAgeS ?? Infinity))
      accepted.set(token, { identity, fromMs: nowMs, untilMs: Math.min(nowMs + rememberMs, endS * 1000) })
      return identity
    } catch (error) {
      if (isServiceError(error)) throw error
      throw refuse(reasonOf(error), error)
    }
  }
}

/** For operations that need a token, where the gateway is not configured to accept any. */
export async function refuseAllTokens(): Promise<Identity> {
  throw refuse('This gateway accepts no tokens.')
}

/** RFC 8725, 3.11: a token that was made for something else is none for access. Compared as media types are (RFC 7515). */
function typeCheck(types: readonly string[] | undefined): (typ: unknown) => boolean {
  const short = (type: string): string => type.toLowerCase().replace(/^application\//, '')
  const accepted = new Set((types ?? defaultTypes).map(short))
  return (typ) => (typ === undefined ? types === undefined : typeof typ === 'string' && accepted.has(short(typ)))
}

/** What a library does not look at while the numbers are numbers. */
function checkTimes({ iat, exp = 0, nbf = 0 }: JWTPayload, latestS: number): void {
  const isTime = (seconds: number): boolean => Math.abs(seconds) <= latestS + longestS
  if (!isTime(exp)) throw refuse("The token's claim 'exp' is too far in the future.")
  if (!isTime(nbf)) throw refuse("The token's claim 'nbf' is no time.")
  if (iat !== undefined && !(typeof iat === 'number' && isTime(iat) && iat <= latestS))
    throw refuse("The token's claim 'iat' is no time, or in the future.")
}

function toIdentity(payload: JWTPayload): Identity {
  const { sub, iss, ...claims } = payload
  if (typeof sub !== 'string' || sub === '') throw refuse('The token has no subject (`sub`).')
  if (!subjectForm.test(sub))
    throw refuse("The token's claim 'sub' is longer than 255 characters, or has a control character.")
  return { subject: sub, issuer: iss ?? '', claims }
}

function refuse(message: string, cause?: unknown): ServiceError {
  return new ServiceError('unauthenticated', message, { mayHaveRun: false, ...(cause !== undefined && { cause }) })
}

/** What a client may know of why its token is refused; nothing that would help to forge one. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The token has expired.'
  if (error instanceof errors.JWTClaimValidationFailed) return `The token's claim '${error.claim}' is not accepted.`
  return 'The token is not valid here.'
}
