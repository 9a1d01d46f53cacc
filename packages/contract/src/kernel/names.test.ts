import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'
import { z } from 'zod'

import { command, defineContract, event, failure } from '../index.ts'
import {
  longestName,
  longestSubscriptionName,
  memberNameProblem,
  serviceNameProblem,
  subscriptionNameProblem,
} from './names.ts'

const long = (length: number): string => 'a'.repeat(length)

describe('names are refused where they are given', () => {
  it.each(['a', 'orders', 'eu-orders-2', 'a--b', long(40)])('a service may be %s', (name) => {
    expect(serviceNameProblem(name)).toBeUndefined()
  })
  it.each([
    ['', 'lower case'],
    ['Orders', 'lower case'],
    ['orders-', 'not ending with a hyphen'],
    ['2orders', 'lower case'],
    ['or\u0000ders', "'or?ders'"],
    ['../orders', 'lower case'],
    [long(41), 'has 41 characters; use at most 40'],
    [long(205), '…'],
    ['constructor', 'meaning in JavaScript'],
    ['then', 'meaning in JavaScript'],
    ['postgres', 'PostgreSQL'],
    ['template1', 'PostgreSQL'],
    ['public', 'PostgreSQL'],
    ['none', 'PostgreSQL'],
  ])('a service may not be %j', (name, reason) => {
    expect(serviceNameProblem(name)).toContain(reason)
  })

  it.each([...Object.getOwnPropertyNames(Object.prototype), 'then', 'toJSON', long(41), 'a-b', 'Place', ''])(
    'an operation may not be %s',
    (name) => {
      expect(memberNameProblem(name)).toContain(name.slice(0, 40))
    },
  )

  it.each(['a..b', '.a', 'a.', 'a b', 'a*', 'a>', '', 'é', long(82), long(52) + '_'.repeat(29)])(
    'a subscription may not be %j',
    (name) => {
      expect(subscriptionNameProblem(name)).toBeDefined()
    },
  )
  it.each([`${long(40)}.${long(40)}`, 'orders.placed', 'again_2', 'A-b.c_d', long(51) + '_'.repeat(29)])(
    'a subscription may be %s',
    (name) => {
      expect(subscriptionNameProblem(name)).toBeUndefined()
    },
  )

  it('all of them together, by the contract that has them', () => {
    const define = (): unknown =>
      defineContract(long(205), {
        operations: {
          hasOwnProperty: command({}),
          [long(41)]: command({ errors: { valueOf: failure('aborted'), [long(50)]: failure('aborted') } }),
        },
        events: { isPrototypeOf: event({ data: z.object({}) }) },
      })
    for (const expected of [
      /has 205 characters/,
      /'hasOwnProperty': this/,
      /'a+' has 41/,
      /'valueOf'/,
      /has 50/,
      /'isPrototypeOf'/,
    ])
      expect(define).toThrow(expected)
  })
})

describe('docs/reference/names.md', () => {
  const page = readFileSync(new URL('../../../../docs/reference/names.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('|'))
  const limitOf = (first: string): number =>
    Number(
      rows
        .find((row) => row.startsWith(`| ${first}`))
        ?.split('|')[2]
        ?.trim(),
    )

  it('tells the limits that hold', () => {
    expect(limitOf('service, app, group, process')).toBe(longestName)
    expect(limitOf('operation, event, failure')).toBe(longestName)
    expect(limitOf('subscription')).toBe(longestSubscriptionName)
  })

  it('tells of each name that is made from them how long it can become, and what fits there', () => {
    const lengths: Readonly<Record<string, number>> = {
      app: longestName,
      service: longestName,
      group: longestName,
      event: longestName,
      subscription: longestSubscriptionName,
      replica: 4,
      random: 6,
      partition: 3,
    }
    const made = rows.filter((row) => row.includes('`') && row.includes('<'))
    expect(made.length).toBeGreaterThan(8)
    for (const row of made) {
      const [, , pattern = '', longest, limit] = row.split('|').map((cell) => cell.trim())
      const name = pattern
        .replaceAll('`', '')
        .replaceAll(/<(\w+)>/g, (_match, part: string) => long(lengths[part] ?? NaN))
      expect({ pattern, longest: Number(longest) }).toEqual({ pattern, longest: name.length })
      expect(name.length).toBeLessThanOrEqual(Number(limit))
    }
  })
})
