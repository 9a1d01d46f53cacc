import { expect, test } from 'vitest'

import { ManualPlatform } from './manual-platform.ts'
import { randomId } from './random-id.ts'
import { systemPlatform } from './system-platform.ts'

test('an id is two hexadecimal digits for each byte, zeros included', () => {
  expect(randomId({ randomBytes: () => Uint8Array.of(0, 1, 15, 16, 171, 255) }, 6)).toBe('00010f10abff')
  expect(randomId(systemPlatform(), 16)).toMatch(/^[0-9a-f]{32}$/)
})

test('or what a Buffer makes of them in base64url', () => {
  for (let length = 0; length < 40; length += 1) {
    const bytes = systemPlatform().randomBytes(length)
    expect(randomId({ randomBytes: () => bytes }, length, 'base64url')).toBe(Buffer.from(bytes).toString('base64url'))
  }
})

test('ids differ', () => {
  const platform = new ManualPlatform()
  expect(new Set(Array.from({ length: 1_000 }, () => randomId(platform, 9))).size).toBe(1_000)
})
