import { ServiceError } from '@holon/contract'
import { expect, test } from 'vitest'

import { toDeadLetter } from './dead-letter.ts'

function errorOf(thrown: unknown): {
  readonly code: string
  readonly message: string
  readonly causes: readonly string[]
} {
  return toDeadLetter({
    id: 'l1',
    subscription: 'a.b.c',
    message: { id: 'm1', topic: 'b.c', key: 'k', attributes: {}, body: '{}', timeMs: 0 },
    failure: { error: thrown, attempts: 1, firstFailedAtMs: 0, lastFailedAtMs: 0 },
  }).error
}

test('a dead letter shows the errors that an error gathers, and the fields of what is none', () => {
  expect(errorOf(new AggregateError([new TypeError('a'), 'b'])).message).toBe('AggregateError [TypeError: a; b]')
  expect(errorOf({ code: 'E42', detail: 'no paper' }).message).toBe('{"code":"E42","detail":"no paper"}')
  expect(errorOf(Object.assign(new Error('short'), { sku: 'a1' })).message).toBe('Error: short {"sku":"a1"}')
})

test('a dead letter can be made of whatever was thrown, and kept by every store', () => {
  const { proxy: revoked, revoke } = Proxy.revocable({}, {})
  revoke()
  const odd = Object.defineProperty(new Error('x', { cause: revoked }), 'message', { value: Object.create(null) })
  expect(errorOf(Object.create(null))).toEqual({ code: 'internal', message: '{}', causes: [] })
  expect(errorOf(odd)).toEqual({ code: 'internal', message: 'Error: {}', causes: ['[unreadable]'] })
  expect(errorOf(revoked).message).toBe('[unreadable]')
  expect(errorOf({ '~holon': 'ServiceError', code: Symbol('x') }).code).toBe('internal')
  expect(errorOf(new Error('nul \u0000, half a pair \uD800')).message).toBe('Error: nul \uFFFD, half a pair \uFFFD')
})

test('codes and causes are kept, bounded in length and number', () => {
  const deep = Array.from({ length: 30 }).reduce<unknown>(
    (cause, _, index) => new Error(`e${index}`, { cause }),
    'root',
  )
  const { code, causes } = errorOf(new ServiceError('not_found', 'x'.repeat(9_000), { cause: deep }))
  expect(code).toBe('not_found')
  expect(causes).toHaveLength(10)
  expect(errorOf(new Error('x'.repeat(9_000))).message.length).toBeLessThanOrEqual(2_000)
})
