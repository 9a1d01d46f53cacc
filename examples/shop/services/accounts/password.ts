import { randomBytes, scrypt, type ScryptOptions, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

import { ServiceError } from 'holon'
import pLimit from 'p-limit'

const derive = promisify<string, Buffer, number, ScryptOptions, Buffer>(scrypt)

// One of the settings that OWASP names as equally strong, and the one with the least memory: 16 MiB for each hash.
const cost = { N: 2 ** 14, r: 8, p: 5 }
const keyBytes = 32

// Hashing is meant to be expensive. Unbounded, a burst of sign-ins would take all memory and every core; who would have
// to wait longer than a request lasts is better told at once.
const atOnce = pLimit(2)
const queueLength = 40

/** A salted scrypt hash, as `scrypt$N$r$p$salt$key`: it names its own cost, so that the cost can be raised one day. */
export async function hashPassword(password: string, signal?: AbortSignal): Promise<string> {
  const salt = randomBytes(16)
  const key = await hash(password, { ...cost, salt, length: keyBytes }, signal)
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/**
 * Whether the password fits. Without a stored hash (there is no such account) it takes the time that it would take with
 * one, so that nobody learns from the clock who has an account.
 */
export async function verifyPassword(
  password: string,
  stored: string | undefined,
  signal?: AbortSignal,
): Promise<boolean> {
  const expected = stored === undefined ? nobody : parseHash(stored)
  const key = await hash(password, { ...expected, length: expected.key.length }, signal)
  return timingSafeEqual(key, expected.key) && stored !== undefined
}

interface Hash {
  readonly N: number
  readonly r: number
  readonly p: number
  readonly salt: Buffer
  readonly key: Buffer
}

const nobody: Hash = { ...cost, salt: randomBytes(16), key: randomBytes(keyBytes) }

function parseHash(stored: string): Hash {
  const [scheme, N, r, p, salt, key] = stored.split('$')
  if (scheme !== 'scrypt' || salt === undefined || key === undefined)
    throw new Error('A stored password hash is malformed.')
  return {
    N: Number(N),
    r: Number(r),
    p: Number(p),
    salt: Buffer.from(salt, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  }
}

type HashInput = Omit<Hash, 'key'> & { readonly length: number }

function hash(password: string, { N, r, p, salt, length }: HashInput, signal?: AbortSignal): Promise<Buffer> {
  if (atOnce.pendingCount >= queueLength)
    throw new ServiceError('resource_exhausted', 'Too many people are signing in just now; try again in a moment.')
  return atOnce(() => {
    signal?.throwIfAborted() // the caller gave up while it waited
    // Unicode has several spellings of one password; keyboards differ in which they produce.
    return derive(password.normalize('NFKC'), salt, length, { N, r, p, maxmem: 256 * N * r })
  })
}
