import { Buffer } from 'node:buffer'

import type { Identity } from '@holon/contract'
import { expect, it } from 'vitest'

import { EncodedIdentities, IdentityCache } from './identity-cache.ts'

const named = (subject: string): Identity => Object.freeze({ subject, issuer: 'i', claims: {} })

it('the same bytes give the same identity, decoded once; other bytes never do', () => {
  const cache = new IdentityCache()
  let decoded = 0
  // Many more than there are slots, so that they displace each other, and lengths that are no multiple of four.
  const subjects = Array.from({ length: 3_000 }, (_, index) => `user-${index}`)
  const read = (subject: string): Identity => {
    const bytes = Buffer.from(`--${subject}--`)
    return cache.read(bytes, 2, bytes.length - 2, () => {
      decoded++
      return named(subject)
    })
  }
  for (const subject of [...subjects, ...subjects.toReversed()]) expect(read(subject).subject).toBe(subject)
  const before = decoded
  expect(read('user-0')).toBe(read('user-0'))
  expect(decoded).toBeLessThanOrEqual(before + 1)
})

it('identities that differ in their last bytes only, or in their length, are told apart', () => {
  const cache = new IdentityCache()
  for (const text of ['abcd', 'abce', 'abcde', 'abcdf', 'abc', 'abc\0', 'abcd\0\0\0\0'])
    for (let twice = 0; twice < 2; twice++)
      expect(cache.read(Buffer.from(text), 0, text.length, () => named(text)).subject).toBe(text)
})

it('what is remembered is a copy of the bytes, which may be written over', () => {
  const cache = new IdentityCache()
  const bytes = Buffer.from('alice')
  expect(cache.read(bytes, 0, 5, () => named('alice')).subject).toBe('alice')
  bytes.write('mallo')
  expect(cache.read(bytes, 0, 5, () => named('mallo')).subject).toBe('mallo')
  expect(cache.read(Buffer.from('alice'), 0, 5, () => named('again')).subject).toBe('alice')
})

it('an identity is encoded once for a link', () => {
  let encoded = 0
  const identities = new EncodedIdentities(({ subject }) => {
    encoded++
    return Buffer.from(subject)
  })
  const [ann, bob] = [named('ann'), named('bob')]
  for (const identity of [ann, ann, bob, ann, bob])
    expect(Buffer.from(identities.get(identity)).toString()).toBe(identity.subject)
  expect(encoded).toBe(2)
})
