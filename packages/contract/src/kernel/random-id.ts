import type { Platform } from './platform.ts'

/**
 * A name that nobody else has: `bytes` random ones as text. Three tell copies of one thing apart, nine what is made
 * everywhere and always (two of a billion are equal once in ten thousand times), 16 are a nonce, 24 and more a secret.
 *
 * `hex`, the default, has two characters for each byte: digits and `a` to `f` stand as they are in URLs, files, and the
 * names of every broker and database, whatever these make of case and punctuation. `base64url` is a third shorter.
 */
export function randomId(
  platform: Pick<Platform, 'randomBytes'>,
  bytes: number,
  encoding: 'hex' | 'base64url' = 'hex',
): string {
  // Not by a Buffer: browsers have none.
  const random = [...platform.randomBytes(bytes)]
  if (encoding === 'hex') return random.map((byte) => byte.toString(16).padStart(2, '0')).join('')
  return btoa(String.fromCharCode(...random))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
