import { expect, test } from 'vitest'

import { exceptLoopbackFromProxy } from './loopback-without-proxy.ts'

function excepted(environment: Record<string, string | undefined>): Record<string, string | undefined> {
  exceptLoopbackFromProxy(environment)
  return environment
}

test('where there is a proxy, this machine is excepted from it, in addition to what is excepted already', () => {
  expect(excepted({ HTTP_PROXY: 'http://p' })).toMatchObject({ NO_PROXY: 'localhost,127.0.0.1,[::1]' })
  expect(excepted({ https_proxy: 'http://p', NO_PROXY: 'a.example, localhost' })).toMatchObject({
    NO_PROXY: 'a.example,localhost,127.0.0.1,[::1]',
  })
})

test('the variable that goes before the other is the one that is changed', () => {
  expect(excepted({ HTTP_PROXY: 'http://p', no_proxy: 'a', NO_PROXY: 'b' })).toMatchObject({
    no_proxy: 'a,localhost,127.0.0.1,[::1]',
    NO_PROXY: 'b',
  })
})

test('where there is no proxy, or nothing goes through it, nothing is changed', () => {
  for (const environment of [{}, { HTTP_PROXY: '' }, { HTTP_PROXY: 'http://p', NO_PROXY: '*' }])
    expect(excepted({ ...environment })).toEqual(environment)
})
