import type { Platform } from './platform.ts'

/**
 * A name that nobody else has: `bytes` random ones in hexadecimal, twice as many characters. Digits and `a` to `f` stand as
 * they are in URLs, files, and the names of every broker and database, whatever these make of case and punctuation.
 *
 * Three bytes tell copies of one thing apart, nine tell things apart that are made everywhere and always (two of a billion
 * are equal once in ten thousand times), 16 are nonces, and 24 and more are secrets.
 */
export function randomId(platform: Pick<Platform, 'randomBytes'>, bytes: number): string {
  let id = ''
  // Not a Buffer: browsers have none.
  for (const byte of platform.randomBytes(bytes)) id += byte.toString(16).padStart(2, '0')
  return id
}
