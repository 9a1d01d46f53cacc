import { expect, test } from 'vitest'

import { headlineOf, messageOf, stackOf, toldError, toldFields } from './foreign-text.ts'

/** A proxy of which nothing at all can be asked. */
function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

test('a value is told although the stack is full', () => {
  let told: unknown
  const deep = (): void => {
    try {
      deep()
    } catch {
      told ??= messageOf(new Error('x'))
    }
  }
  deep()
  expect(typeof told).toBe('string')
})

test('an error is told with its type, code, frames, causes, and the errors that it gathers', () => {
  const error = new AggregateError([new TypeError('a'), 'b'], 'Nobody answered.', { cause: new Error('the network') })
  expect(toldError(Object.assign(error, { code: 'E_ALL' }))).toMatchObject({
    type: 'AggregateError',
    code: 'E_ALL',
    message: 'Nobody answered.',
    stack: expect.stringMatching(/^\s+at /) as unknown,
    cause: { type: 'Error', message: 'the network' },
    errors: [
      { type: 'TypeError', message: 'a' },
      { type: 'string', message: 'b' },
    ],
  })
  expect(headlineOf(error, 2_000)).toBe('AggregateError: Nobody answered. [TypeError: a; b]')
  expect(stackOf(error)).toMatch(/^AggregateError: Nobody answered\.\n\s+at [^]*caused by Error: the network\n\s+at /)
})

test('an error without a message is told by the errors that it gathers, or by its type', () => {
  expect(messageOf(new AggregateError([new Error('refused'), new Error('unreachable')]))).toBe('refused; unreachable')
  expect(messageOf(new RangeError())).toBe('RangeError')
  expect(headlineOf(new RangeError(), 100)).toBe('RangeError')
})

test('the stacks of errors that gather each other have an end', () => {
  const error = new AggregateError([], 'round')
  error.errors.push(...Array.from({ length: 10 }, () => error))
  expect(stackOf(error).length).toBeLessThan(40_000)
})

test('a text that is cut within a character stays one that every store takes', () => {
  for (const limit of [10, 11]) expect(headlineOf('😀'.repeat(20), limit).isWellFormed()).toBe(true)
})

test('the fields of what was thrown are told, except those in which drivers put the data of people', () => {
  expect(headlineOf({ code: 'E42', detail: 'no paper' }, 100)).toBe('{"code":"E42","detail":"no paper"}')
  const own = Object.assign(new Error('short'), {
    sku: 'a1',
    missing: [2, 3],
    nested: { token: 'x', depth: { at: 1 } },
  })
  expect(toldError(own)).toMatchObject({
    fields: { sku: 'a1', missing: [2, 3], nested: { token: '[secret]', depth: { at: 1 } } },
  })
  const driver = Object.assign(new Error('duplicate key'), {
    code: '23505',
    detail: 'Key (email)=(bob@example.org) already exists.',
    params: ['s3cret'],
    table: 'accounts',
  })
  expect(toldError(driver)).toMatchObject({
    code: '23505',
    fields: { detail: '[data]', params: '[data]', table: 'accounts' },
  })
})

test('values in fields keep what they are as far as JSON can say it', () => {
  const cycle: Record<string, unknown> = { date: new Date(0), url: new URL('http://host/path') }
  cycle['self'] = cycle
  expect(
    toldFields({
      cycle,
      big: 5n,
      nan: Number.NaN,
      set: new Set([1]),
      map: new Map([['a', 1]]),
      bytes: new Uint8Array(3),
      symbol: Symbol('s'),
      run: function run() {},
      deep: { error: new Error('boom', { cause: 'why' }) },
      none: null,
      revoked: revoked(),
      password: 'x',
      'Set-Cookie': 'x',
      access_token: 'x',
      'x-api-key': 'x',
    }),
  ).toEqual({
    cycle: { date: '1970-01-01T00:00:00.000Z', url: 'http://host/path', self: '[circular]' },
    big: '5',
    nan: 'NaN',
    set: [1],
    map: [['a', 1]],
    bytes: '[3 bytes]',
    symbol: 'Symbol(s)',
    run: 'function run',
    deep: {
      error: {
        type: 'Error',
        message: 'boom',
        stack: expect.stringContaining('at ') as unknown,
        cause: { type: 'string', message: 'why' },
      },
    },
    none: null,
    revoked: '[unreadable]',
    password: '[secret]',
    'Set-Cookie': '[secret]',
    access_token: '[secret]',
    'x-api-key': '[secret]',
  })
})

test('one field that cannot be read costs that field only', () => {
  const fields = {
    good: 1,
    get bad(): never {
      throw new Error('no')
    },
  }
  expect(toldFields(fields)).toEqual({ good: 1, bad: '[unreadable]' })
})

test('an error keeps what can be told of it, whatever its parts are', () => {
  const nameless = new Error('m')
  Object.defineProperty(nameless, 'name', { value: undefined })
  expect(toldError(nameless)).toMatchObject({ type: 'Error', message: 'm' })
  const odd = new Error('x')
  Object.defineProperty(odd, 'message', { value: Object.create(null) })
  expect(toldError(odd)).toMatchObject({ type: 'Error', message: '{}' })
  expect(messageOf(Object.create(null))).toBe('{}')
  expect(messageOf(undefined)).toBe('undefined')
  expect(messageOf(revoked())).toBe('[unreadable]')
})
