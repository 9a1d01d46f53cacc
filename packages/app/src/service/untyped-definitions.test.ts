import { defineContract, event } from '@holon/contract'
import { describe, expect, it } from 'vitest'

import { type AppOptions, defineApp, defineService } from '../index.ts'

const orders = defineContract('orders', { events: { placed: event({ data: { type: 'object' } }) } })
const mail = defineContract('mail', {})

function refusalOf(define: () => unknown): string {
  try {
    define()
    return 'accepted'
  } catch (error) {
    return String(error)
  }
}

describe('what only a type forbids is refused when a service is defined, saying what is possible', () => {
  it.each([
    [{ order: 'keys' }, "order is 'keys'; use 'key' or 'none'"],
    [{ start: 'old' }, "start is 'old'; use 'new' or 'all'"],
    [{ transaction: 'none' }, "transaction is 'none'; use 'shared' or 'own'"],
    [{ concurrency: NaN }, 'concurrency is NaN'],
    [{ concurrency: '4' }, 'concurrency is 4'],
    [{ timeoutMs: -1 }, 'timeoutMs is -1'],
    [{ timeoutMs: Infinity }, 'timeoutMs is Infinity'],
    [{ timeoutMs: '100' }, 'timeoutMs is 100'],
    [{ retry: { tries: 1.5 } }, 'retry.tries is 1.5'],
    [{ retry: { firstMs: '1' } }, 'retry.firstMs is 1'],
    [{ retry: { longestMs: NaN } }, 'retry.longestMs is NaN'],
    [{ name: 'a..b' }, "'a..b': a name is letters"],
    [{ name: 'x'.repeat(90) }, 'has 90 characters; use at most 81'],
  ])('of a subscription: %j', (options, reason) => {
    const subscriptions = (on: (...all: readonly unknown[]) => never): readonly never[] => [
      on(orders.events.placed, () => {}, options),
    ]
    expect(refusalOf(() => defineService(mail, { operations: {}, subscriptions } as never))).toContain(reason)
  })

  it.each([
    [{ timeoutMs: NaN }, 'timeoutMs is NaN'],
    [{ name: '' }, 'a name is 1 to 200 characters'],
    [{ name: 'a\u0000b' }, 'none of them a control character'],
    [{ name: 'x'.repeat(201) }, 'a name is 1 to 200 characters'],
  ])('of a schedule: %j', (options, reason) => {
    const schedules = (clock: { every(...all: readonly unknown[]): never }): readonly never[] => [
      clock.every('1m', () => {}, options),
    ]
    expect(refusalOf(() => defineService(mail, { operations: {}, schedules } as never))).toContain(reason)
  })

  it('two subscriptions that differ by a dot alone', () => {
    const subscriptions = (on: (...all: readonly unknown[]) => never): readonly never[] =>
      ['a.b', 'a_b'].map((name) => on(orders.events.placed, () => {}, { name }))
    expect(refusalOf(() => defineService(mail, { operations: {}, subscriptions } as never))).toContain(
      "differ by '.' and '_'",
    )
  })

  it.each([NaN, 0, Infinity, '5'])('a time to start of %j', (startTimeoutMs) => {
    expect(refusalOf(() => defineService(mail, { operations: {}, startTimeoutMs } as never))).toContain(
      'startTimeoutMs is',
    )
  })

  it.each(['then', 'toString', 'constructor', 'hasOwnProperty', 'store'])('a used contract called %s', (name) => {
    expect(refusalOf(() => defineService(mail, { operations: {}, uses: { [name]: orders } }))).toContain(
      `uses '${name}'`,
    )
  })
})

describe('an app’s names are refused where they are given', () => {
  const load = (): never => {
    throw new Error('not loaded here')
  }
  const appWith = (options: Partial<AppOptions>): string =>
    refusalOf(() => defineApp({ name: 'app', services: { orders: load }, ...options }))
  const long = 'a'.repeat(41)

  it.each([
    ['the app', { name: long }],
    ['the app', { name: 'app-' }],
    ['a service', { services: { [long]: load } }],
    ['a service', { services: { constructor: load } }],
    ['a service', { services: { public: load } }],
    ['a group', { placement: { [long]: '*' as const } }],
    ['a group', { placement: { constructor: '*' as const } }],
    ['a process', { processes: { [long]: { command: ['x'] as const } } }],
  ])('of %s: %j', (_what, options) => {
    expect(appWith(options)).toMatch(/the name '[a-z-]+' (?:has 41 characters|must be|has a meaning|is kept)/)
  })
})
