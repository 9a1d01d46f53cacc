import type { Platform } from 'holon'

/** An identifier that nobody can guess: the prefix says of what, 96 random bits follow. */
export function newId(platform: Platform, prefix: string): string {
  return `${prefix}_${Buffer.from(platform.randomBytes(12)).toString('hex')}`
}
