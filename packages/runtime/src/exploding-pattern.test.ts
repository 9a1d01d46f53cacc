import { expect, test } from 'vitest'
import { z } from 'zod'

import { explodes } from './exploding-pattern.ts'

test.each([
  ['^(a+)+$'],
  ['^(\\w+\\s?)*$'],
  ['^(?:[a-z]+-?)+$'],
  ['^(a*)*b'],
  ['^((?:a+))+$'],
  ['^(?<word>[\\p{L}\\]]+)*!'],
  ['^(\\d+(\\.\\d+)?)*$'],
  ['x(y|(z{2,}){3,})$'],
  ['^(b|a+)*\\b'],
  ['^(a{1,5})*$'],
])('%s explodes', (pattern) => {
  expect(explodes(pattern)).toBe(true)
})

test.each([
  ['^[a-z0-9]+(-[a-z0-9]+)*$'],
  ['^([a-z]+\\.)+[a-z]+$'],
  ['^(a{4})*$'],
  ['^(a?)*$'],
  ['^(a+){2}$'],
  ['^(a+)?$'],
  ['^(a+)+'],
  ['[(a+)+]$'],
  ['\\(a+\\)+$'],
  [''],
])('%s does not', (pattern) => {
  expect(explodes(pattern)).toBe(false)
})

test('what it finds really explodes: twice the text takes far more than twice the time', () => {
  const pattern = /^(\w+\s?)*$/
  const measure = (length: number): number => {
    const beganMs = performance.now()
    pattern.test(`${'a'.repeat(length)}!`)
    return performance.now() - beganMs
  }
  measure(8)
  expect(measure(22)).toBeGreaterThan(20 * measure(11))
})

test('the formats of schema libraries are not suspected', () => {
  const formats = [
    z.email(),
    z.uuid(),
    z.ulid(),
    z.iso.datetime(),
    z.iso.duration(),
    z.ipv4(),
    z.ipv6(),
    z.base64(),
    z.hostname(),
  ]
  for (const format of formats) {
    const { pattern = '' } = z.toJSONSchema(format)
    expect({ pattern, explodes: explodes(pattern) }).toEqual({ pattern, explodes: false })
  }
})
