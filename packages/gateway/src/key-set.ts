import { isRecord, canonicalJson, type Operation, type Platform, ServiceError } from '@holon/contract'
import type { Invoker } from '@holon/rpc'
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
  type JWTVerifyGetKey,
} from 'jose'

/** Fetches the current public keys. */
export type LoadKeys = () => Promise<unknown>

/** Keys older than this are fetched anew in the background, so that a withdrawn key stops being accepted. */
const maxAgeMs = 10 * 60_000
/** After a fetch, tokens with an unknown key cause no other one for this long: an attacker cannot make us flood the issuer. */
const cooldownMs = 5_000
/** While there are no keys at all, the source is asked this often. */
const retryMs = 500
const timeoutMs = 5_000
/** No issuer signs with more; a longer list would only make every check slow. */
const maxKeys = 64

/** Where keys come from: a JWKS URL, or an operation that returns a JWKS. */
export function keyLoader(source: string | Operation, invoker: Invoker): LoadKeys {
  if (typeof source !== 'string') return () => invoker.call(source, undefined, { timeoutMs })
  const remote = createRemoteJWKSet(new URL(source), { timeoutDuration: timeoutMs, cooldownDuration: 0 })
  return async () => {
    await remote.reload()
    return remote.jwks()
  }
}

/**
 * Finds the key of a token. Keys are fetched when first needed, again when a token names an unknown one (not more often
 * than every 5 s) and when they are older than 10 min; requests that need them at the same time share one fetch. While
 * the source is down the known keys stay in use.
 *
 * The key rejects with `unavailable` where a token's key is unknown and the source cannot be asked, and with jose's
 * errors where it surely does not exist.
 */
export function createKeySet(load: LoadKeys, platform: Platform): JWTVerifyGetKey {
  let find: ReturnType<typeof createLocalJWKSet> | undefined
  let text: string | undefined
  let fetchedAt = -Infinity
  let triedAt = -Infinity
  let failed = false
  let pending: Promise<void> | undefined

  const fetchKeys = async (): Promise<void> => {
    triedAt = platform.monotonicMs()
    try {
      const keys = publicKeys(await load())
      const canonical = canonicalJson(keys)
      // The same keys keep their imported form.
      if (canonical !== text) find = createLocalJWKSet(keys)
      text = canonical
      fetchedAt = platform.monotonicMs()
      failed = false
    } catch (error) {
      failed = true
      throw keysUnavailable(error)
    } finally {
      pending = undefined
    }
  }
  const refresh = (): Promise<void> => (pending ??= fetchKeys())

  return async (header: JWSHeaderParameters, token: FlattenedJWSInput) => {
    if (find === undefined) {
      if (failed && pending === undefined && platform.monotonicMs() - triedAt < retryMs)
        throw keysUnavailable(undefined)
      await refresh()
    } else if (platform.monotonicMs() - Math.max(fetchedAt, triedAt) > maxAgeMs) refresh().catch(() => {})
    try {
      return await lookUp(find, header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (pending === undefined && platform.monotonicMs() - triedAt < cooldownMs) {
        if (failed) throw keysUnavailable(error)
        throw error
      }
      await refresh()
      return lookUp(find, header, token)
    }
  }
}

function lookUp(
  find: ReturnType<typeof createLocalJWKSet> | undefined,
  header: JWSHeaderParameters,
  token: FlattenedJWSInput,
): ReturnType<ReturnType<typeof createLocalJWKSet>> {
  if (find === undefined) throw keysUnavailable(undefined)
  return find(header, token)
}

function keysUnavailable(cause: unknown): ServiceError {
  return new ServiceError('unavailable', 'The keys that tokens are checked with cannot be fetched.', {
    mayHaveRun: false,
    cause,
  })
}

/** The asymmetric keys of a JWKS, without what a public key set has no business to hold. */
function publicKeys(value: unknown): JSONWebKeySet {
  const keys: unknown = isRecord(value) ? value['keys'] : undefined
  if (!Array.isArray(keys)) throw new TypeError('The key source did not answer with a JWKS: { keys: [...] }.')
  if (keys.length > maxKeys)
    throw new TypeError(`The key source answered with ${keys.length} keys; ${maxKeys} are allowed.`)
  const usable = keys
    .filter(isRecord)
    .filter((key) => ['RSA', 'EC', 'OKP'].includes(String(key['kty'])))
    .map(({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...key }) => key)
  return { keys: usable }
}
