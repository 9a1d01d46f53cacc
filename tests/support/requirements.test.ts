import { afterEach, expect, test, vi } from 'vitest'

import { requires } from './requirements.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('a requirement is taken from its variable before the PATH', () => {
  vi.stubEnv('CHROMIUM_PATH', process.execPath)
  expect(requires('chromium').path).toBe(process.execPath)
})

test('a variable that names nothing executable is not papered over by the PATH', () => {
  vi.stubEnv('CHROMIUM_PATH', '/nowhere/chromium')
  expect(requires('chromium').path).toBeUndefined()
})

test('what is missing comes with the command that provides it', () => {
  vi.stubEnv('CHROMIUM_PATH', '')
  vi.stubEnv('PATH', '/nowhere')
  expect(requires('chromium')).toEqual({
    name: 'chromium',
    path: undefined,
    remedy: 'npm run services -- install chromium',
  })
})
